// A lake in a local folder: create-if-absent by link(), durability by fsync() of files and then of their folders.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <set>
#include <system_error>

#include <arrow/io/file.h>
#include <arrow/result.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "storage/arrow_status.h"
#include "storage/at_once.h"
#include "storage/store.h"
#include "storage/system_error.h"

namespace segue::storage {
namespace {

namespace files = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  bool open() const { return number_ >= 0; }

 private:
  int number_;
};

void sync_path(const std::string& path, int flags) {
  Descriptor file(::open(path.c_str(), flags | O_CLOEXEC));
  if (!file.open()) fail_io("open", path, errno);
  if (::fsync(file.number()) != 0) fail_io("write", path, errno);
}

void sync_file(const std::string& path) { sync_path(path, O_RDONLY); }
void sync_folder(const std::string& folder) { sync_path(folder, O_RDONLY | O_DIRECTORY); }

std::string parent(const std::string& path) { return files::path(path).parent_path().string(); }

// Makes a folder with all above it. Folders that got a new name in them are added to `changed`.
void make_folder(const std::string& folder, std::set<std::string>& changed) {
  if (folder.empty() || files::is_directory(folder)) return;
  std::string above = parent(folder);
  make_folder(above, changed);
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) fail_io("make the folder", folder, errno);
  changed.insert(above);
}

// Calls each(path) for all paths, several at a time: the system writes what waits together in one go.
void sync_all(const std::vector<std::string>& paths, void (*each)(const std::string& path)) {
  constexpr size_t kThreads = 16;
  each_at_once(paths.size(), kThreads, [&](size_t i) { each(paths[i]); });
}

void write_all(const Descriptor& file, const std::string& path, std::string_view content) {
  while (!content.empty()) {
    ssize_t written = ::write(file.number(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_io("write", path, errno);
    content.remove_prefix(static_cast<size_t>(written));
  }
}

// Creates a file that must not exist and calls fill(file); if that throws, the file is removed.
template <class Fill>
void create_new(const std::string& path, Fill fill) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.open()) fail_io("create", path, errno);
  try {
    fill(file);
  } catch (...) {
    ::unlink(path.c_str());
    throw;
  }
}

// Writes a file that must not exist; not synced.
void write_new(const std::string& path, const std::string& content) {
  create_new(path, [&](const Descriptor& file) { write_all(file, path, content); });
}

class LocalPendingFile : public PendingFile {
 public:
  LocalPendingFile(std::string temporary, std::string address, std::string path)
      : temporary_(std::move(temporary)), address_(std::move(address)), path_(std::move(path)) {}
  ~LocalPendingFile() override { ::unlink(temporary_.c_str()); }

  const std::string& path() const override { return path_; }
  const std::string& temporary() const { return temporary_; }

  bool commit() override {
    // link() fails if the name exists: this is the one moment at which the file comes to be, for all who look.
    if (::link(temporary_.c_str(), address_.c_str()) == 0) return true;
    if (errno == EEXIST) return false;
    fail_io("create", address_, errno);
  }

 private:
  std::string temporary_;
  std::string address_;
  std::string path_;
};

class LocalLock : public Lock {
 public:
  explicit LocalLock(int number) : file_(number) {}

 private:
  Descriptor file_;  // closing it gives the lock back
};

class LocalStore : public Store {
 public:
  explicit LocalStore(std::string root) : root_(std::move(root)) {}

  const std::string& root() const override { return root_; }

  std::vector<Listed> list(const std::string& folder) const override {
    std::vector<Listed> found;
    std::error_code error;
    std::string path = address(folder);
    files::directory_iterator entries(path, error);
    if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return found;
    if (error) fail_io("list", path, error.value());
    for (; entries != files::directory_iterator(); entries.increment(error)) {
      Listed listed;
      listed.name = entries->path().filename().string();
      std::error_code gone;  // a file may vanish between being listed and being asked
      listed.folder = entries->is_directory(gone);
      if (!listed.folder) {
        listed.bytes = entries->file_size(gone);
        files::file_time_type written = gone ? files::file_time_type{} : entries->last_write_time(gone);
        listed.modified = std::chrono::duration_cast<std::chrono::milliseconds>(
                              std::chrono::file_clock::to_sys(written).time_since_epoch())
                              .count();
      }
      if (!gone) found.push_back(std::move(listed));
    }
    // An error of increment() makes `entries` the end: what was found so far is a part of the folder.
    if (error) fail_io("list", path, error.value());
    std::sort(found.begin(), found.end(), [](const Listed& a, const Listed& b) { return a.name < b.name; });
    return found;
  }

  std::optional<std::string> read(const std::string& path) const override {
    std::string full = address(path);
    Descriptor file(::open(full.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.open()) {
      if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
      fail_io("read", full, errno);
    }
    std::string content;
    char part[1 << 16];
    for (;;) {
      ssize_t count = ::read(file.number(), part, sizeof part);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail_io("read", full, errno);
      if (count == 0) return content;
      content.append(part, static_cast<size_t>(count));
    }
  }

  std::vector<std::unique_ptr<PendingFile>> prepare(const std::vector<FileContent>& files) override {
    std::vector<std::unique_ptr<PendingFile>> pending;
    std::vector<std::string> temporaries;
    for (const FileContent& file : files) {
      std::string full = address(file.path);
      make_folder_of(full);
      std::string temporary = temporary_name(full);
      write_new(temporary, file.content);
      pending.push_back(std::make_unique<LocalPendingFile>(temporary, full, file.path));
      temporaries.push_back(std::move(temporary));
    }
    sync_all(temporaries, sync_file);
    return pending;
  }

  void put(const std::string& path, const std::string& content) override {
    std::string full = address(path);
    make_folder_of(full);
    std::string temporary = temporary_name(full);
    write_new(temporary, content);
    if (::rename(temporary.c_str(), full.c_str()) != 0) {
      int error = errno;
      ::unlink(temporary.c_str());
      fail_io("create", full, error);
    }
  }

  std::shared_ptr<arrow::io::OutputStream> create(const std::string& path) override {
    std::string full = address(path);
    make_folder_of(full);
    int number = ::open(full.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (number < 0) fail_io("create", full, errno);
    auto stream = arrow::io::FileOutputStream::Open(number);
    if (!stream.ok()) {
      ::close(number);
      check(stream.status(), "write", full);
    }
    return *stream;
  }

  void sync(const std::vector<std::string>& paths) override {
    std::set<std::string> folders;
    {
      std::lock_guard guard(lock_);
      folders.swap(changed_);
    }
    std::vector<std::string> files;
    for (const std::string& path : paths) {
      files.push_back(address(path));
      folders.insert(parent(files.back()));
    }
    sync_all(files, sync_file);
    sync_all({folders.begin(), folders.end()}, sync_folder);
  }

  void remove(const std::string& path) override {
    remove_file(address(path));
    // Folders of partitions go with their last file: readers that know no log would take them for empty partitions.
    std::filesystem::path folder = std::filesystem::path(path).parent_path();
    while (folder.filename().string().find('=') != std::string::npos && ::rmdir(address(folder).c_str()) == 0)
      folder = folder.parent_path();
  }

  std::unique_ptr<Lock> try_lock(const std::string& path, const std::string& owner) override {
    std::string full = address(path);
    make_folder_of(full);
    int number = ::open(full.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (number < 0) fail_io("open", full, errno);
    auto lock = std::make_unique<LocalLock>(number);
    if (::flock(number, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return nullptr;
      fail_io("lock", full, errno);
    }
    // The text only informs; that it is not written does not weaken the lock.
    if (::ftruncate(number, 0) == 0 && ::pwrite(number, owner.data(), owner.size(), 0) < 0) errno = 0;
    return lock;
  }

  void create_outside(const std::string& path, const std::function<void(const WritePiece&)>& write) override {
    std::set<std::string> changed;
    make_folder(parent(path), changed);
    create_new(path, [&](const Descriptor& file) {
      write([&](std::string_view piece) {
        write_all(file, path, piece);
        // Begins to bring it to the disk, so that little is left for the end, which nobody can stop. That some file
        // systems cannot is no harm.
        if (::sync_file_range(file.number(), 0, 0, SYNC_FILE_RANGE_WRITE) != 0) errno = 0;
      });
      if (::fsync(file.number()) != 0) fail_io("write", path, errno);
    });
    for (const std::string& folder : changed) sync_folder(folder);
  }

  void rename_outside(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) fail_io("create", to, errno);
    sync_folder(parent(to));
  }

  void remove_outside(const std::string& path) override { remove_file(path); }

 private:
  static void remove_file(const std::string& full) {
    if (::unlink(full.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) fail_io("remove", full, errno);
  }

  static std::string temporary_name(const std::string& path) {
    files::path full(path);
    return fmt::format("{}/.{}.{}.tmp", full.parent_path().string(), full.filename().string(), unique_id());
  }

  void make_folder_of(const std::string& path) {
    std::lock_guard guard(lock_);
    make_folder(parent(path), changed_);
  }

  std::string root_;
  std::mutex lock_;
  std::set<std::string> changed_;  // guarded by lock_: folders with new folders in them, not synced yet
};

}  // namespace

std::shared_ptr<Store> open_local(const std::string& folder) {
  std::string root = files::absolute(folder).lexically_normal().string();
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  return std::make_shared<LocalStore>(root);
}

}  // namespace segue::storage
