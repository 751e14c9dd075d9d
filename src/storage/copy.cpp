#include "storage/copy.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "storage/at_once.h"
#include "storage/digest.h"
#include "storage/remote_file.h"
#include "storage/s3_client.h"
#include "storage/system_error.h"

namespace segue::storage {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMebibyte = uint64_t{1} << 20;
constexpr uint64_t kMostParts = 10'000;  // S3's

// An open file of this machine.
class LocalFile {
 public:
  LocalFile(std::string path, int flags)
      : path_(std::move(path)), descriptor_(::open(path_.c_str(), flags | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) fail_io((flags & O_CREAT) != 0 ? "write" : "read", path_, errno);
  }
  ~LocalFile() { ::close(descriptor_); }
  LocalFile(const LocalFile&) = delete;
  LocalFile& operator=(const LocalFile&) = delete;

  struct stat status() const {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail_io("read", path_, errno);
    return status;
  }
  void read(uint64_t offset, size_t bytes, char* to) const {
    while (bytes != 0) {
      ssize_t got = ::pread(descriptor_, to, bytes, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail_io("read", path_, errno);
      if (got == 0) fail(ErrorCode::kConflict, fmt::format("{} became shorter while it was read", path_));
      to += got;
      offset += static_cast<uint64_t>(got);
      bytes -= static_cast<size_t>(got);
    }
  }
  void write(uint64_t offset, std::string_view bytes) const {
    while (!bytes.empty()) {
      ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail_io("write", path_, errno);
      offset += static_cast<uint64_t>(written);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }
  void resize(uint64_t bytes) const {
    if (::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0) fail_io("write", path_, errno);
  }
  void sync() const {
    if (::fsync(descriptor_) != 0) fail_io("write", path_, errno);
  }

 private:
  const std::string path_;
  const int descriptor_;
};

// A file to be read, as it is now.
struct Opened {
  uint64_t bytes = 0;
  std::string identity;  // another if the content is another
  std::string etag;      // of a file on S3
  std::function<void(uint64_t offset, size_t bytes, char* to)> read;
};

// Nothing if there is no such file.
std::optional<Opened> open(const std::string& address, const Cancellation& cancellation) {
  if (is_remote(address)) {
    std::shared_ptr<const RemoteFile> file = open_remote(address, &cancellation);
    if (!file) return std::nullopt;
    return Opened{file->bytes(), fmt::format("{} {}", file->bytes(), file->etag()), file->etag(),
                  [file](uint64_t offset, size_t bytes, char* to) { file->read(offset, bytes, to); }};
  }
  std::error_code error;
  if (!fs::exists(fs::symlink_status(address, error))) return std::nullopt;
  auto file = std::make_shared<LocalFile>(address, O_RDONLY);
  struct stat status = file->status();
  if (!S_ISREG(status.st_mode)) fail(ErrorCode::kIo, fmt::format("{} is no regular file", address));
  return Opened{static_cast<uint64_t>(status.st_size),
                fmt::format("{} {}.{:09}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec), "",
                [file](uint64_t offset, size_t bytes, char* to) { file->read(offset, bytes, to); }};
}

Opened open_existing(const std::string& address, const Cancellation& cancellation) {
  std::optional<Opened> file = open(address, cancellation);
  if (!file) fail(ErrorCode::kIo, fmt::format("no such file: {}", address));
  return std::move(*file);
}

// Hands on the file's bytes in order, at most `most` at a time.
void read_all(const Opened& file, uint64_t begin, uint64_t end, size_t most, const Cancellation& cancellation,
              const std::function<void(std::string_view)>& piece) {
  std::string bytes;
  for (uint64_t at = begin; at < end; at += bytes.size()) {
    cancellation.check();
    bytes.resize(static_cast<size_t>(std::min<uint64_t>(most, end - at)));
    file.read(at, bytes.size(), bytes.data());
    piece(bytes);
  }
}

// What S3 tells of an object that was uploaded in one (part_bytes 0) or in parts of this size: `"<MD5>"`, or
// `"<MD5 of the parts' MD5s>-<how many>"`. Not so of objects that a key of its own encrypts.
std::string etag_of(const Opened& file, uint64_t part_bytes, const Cancellation& cancellation) {
  auto md5 = [&](uint64_t begin, uint64_t end) {
    Digest digest(Digest::Kind::kMd5);
    read_all(file, begin, end, kMebibyte, cancellation, [&](std::string_view piece) { digest.add(piece); });
    return digest.finish();
  };
  if (part_bytes == 0) return fmt::format("\"{}\"", hex(md5(0, file.bytes)));
  std::string parts;
  for (uint64_t at = 0; at < file.bytes; at += part_bytes) parts += md5(at, std::min(at + part_bytes, file.bytes));
  return fmt::format("\"{}-{}\"", hex(digest(Digest::Kind::kMd5, parts)), parts.size() / 16);
}

// Whether a file of this machine has the content that an etag tells of. False also if the etag does not tell.
bool has_etag(const Opened& file, const std::string& etag, const Cancellation& cancellation) {
  size_t dash = etag.find('-');
  if (dash == std::string::npos) return etag_of(file, 0, cancellation) == etag;
  uint64_t parts = 0;
  std::from_chars(etag.data() + dash + 1, etag.data() + etag.size(), parts);
  if (parts == 0) return false;
  // Parts are whole mebibytes in all that we know of: ours, the least that makes so many, those of other programs.
  uint64_t least = (file.bytes + parts * kMebibyte - 1) / (parts * kMebibyte) * kMebibyte;
  for (uint64_t part :
       std::set<uint64_t>{least, 5 * kMebibyte, 8 * kMebibyte, 16 * kMebibyte, 64 * kMebibyte, 100 * kMebibyte}) {
    if (part == 0 || (file.bytes + part - 1) / part != parts) continue;
    if (etag_of(file, part, cancellation) == etag) return true;
  }
  return false;
}

bool same_content(const Opened& a, const Opened& b, const Cancellation& cancellation) {
  if (a.bytes != b.bytes) return false;
  if (a.etag.empty() && !b.etag.empty() && has_etag(a, b.etag, cancellation)) return true;
  if (b.etag.empty() && !a.etag.empty() && has_etag(b, a.etag, cancellation)) return true;
  std::string other;
  bool same = true;
  for (uint64_t at = 0; same && at < a.bytes; at += limits::kRemoteReadBytes) {
    uint64_t end = std::min<uint64_t>(at + limits::kRemoteReadBytes, a.bytes);
    read_all(a, at, end, limits::kRemoteReadBytes, cancellation, [&](std::string_view piece) {
      other.resize(piece.size());
      b.read(at, other.size(), other.data());
      same = piece == other;
    });
  }
  return same;
}

// Where the pieces of a copy go. Calls for different pieces may run at the same time.
class Target {
 public:
  virtual ~Target() = default;
  // Whether this piece is there from a copy that broke off. `source` has it, too.
  virtual bool has(size_t number, uint64_t offset, size_t bytes, const Opened& source) = 0;
  virtual void write(size_t number, uint64_t offset, std::string_view piece) = 0;
  // All pieces are there: gives the copy its name. `verify` is called with the copy.
  virtual void complete(const std::function<void(const Opened&)>& verify) = 0;
};

class LocalTarget : public Target {
 public:
  // `source` names the file that is copied.
  LocalTarget(const Copy& copy, const std::string& source, const Cancellation& cancellation)
      : to_(copy.to), part_(to_ + ".copy"), list_path_(part_ + ".pieces"), cancellation_(cancellation) {
    std::error_code error;
    fs::create_directories(fs::path(to_).parent_path(), error);
    if (error) fail_io("make", fs::path(to_).parent_path().string(), error.value());
    std::ifstream earlier(list_path_);
    std::string line;
    bool goes_on = std::getline(earlier, line) && line == source;
    while (goes_on && std::getline(earlier, line)) {
      std::istringstream words(line);
      size_t number = 0;
      std::string sum;
      if (words >> number >> sum) earlier_[number] = sum;
    }
    file_ = std::make_unique<LocalFile>(part_, O_RDWR | O_CREAT);
    file_->resize(copy.bytes);
    list_ = std::make_unique<LocalFile>(list_path_, O_RDWR | O_CREAT);
    if (!goes_on) {
      list_->resize(0);
      list_->write(0, source + "\n");
    }
    list_end_ = static_cast<uint64_t>(list_->status().st_size);
  }

  bool has(size_t number, uint64_t offset, size_t bytes, const Opened& /*source*/) override {
    auto known = earlier_.find(number);
    if (known == earlier_.end()) return false;
    std::string piece(bytes, '\0');
    file_->read(offset, bytes, piece.data());
    return hex(digest(Digest::Kind::kSha256, piece)) == known->second;
  }
  void write(size_t number, uint64_t offset, std::string_view piece) override {
    file_->write(offset, piece);
    std::string line = fmt::format("{} {}\n", number, hex(digest(Digest::Kind::kSha256, piece)));
    std::lock_guard guard(lock_);
    list_->write(list_end_, line);
    list_end_ += line.size();
  }
  void complete(const std::function<void(const Opened&)>& verify) override {
    file_->sync();
    try {
      verify(open_existing(part_, cancellation_));
    } catch (const Failure& failure) {
      if (failure.error().code == ErrorCode::kData) {  // nothing of it is right for sure
        ::unlink(part_.c_str());
        ::unlink(list_path_.c_str());
      }
      throw;
    }
    if (::rename(part_.c_str(), to_.c_str()) != 0) fail_io("write", to_, errno);
    ::unlink(list_path_.c_str());
    LocalFile(fs::path(to_).parent_path().string(), O_RDONLY | O_DIRECTORY).sync();
  }

 private:
  const std::string to_, part_, list_path_;
  const Cancellation& cancellation_;
  std::map<size_t, std::string> earlier_;  // SHA-256 of the pieces that an earlier copy left
  std::unique_ptr<LocalFile> file_, list_;
  std::mutex lock_;
  uint64_t list_end_ = 0;  // guarded by lock_
};

class S3Target : public Target {
 public:
  S3Target(const Copy& copy, size_t pieces, bool force, const Cancellation& cancellation)
      : to_(copy.to), force_(force), cancellation_(cancellation), etags_(pieces) {
    S3Address place = parse_s3_address(to_).value();
    client_ = s3_client(place.bucket);
    key_ = std::move(place.key);
    if (pieces == 1) return;
    upload_ = client_->find_upload(key_, &cancellation_);
    if (!upload_.empty()) earlier_ = client_->uploaded_parts(key_, upload_, &cancellation_);
    if (earlier_.empty()) upload_ = client_->begin_upload(key_, &cancellation_);
  }

  bool has(size_t number, uint64_t offset, size_t bytes, const Opened& source) override {
    auto known = earlier_.find(number + 1);
    if (known == earlier_.end()) return false;
    std::string piece(bytes, '\0');
    source.read(offset, bytes, piece.data());
    if (fmt::format("\"{}\"", hex(digest(Digest::Kind::kMd5, piece))) != known->second) return false;
    etags_[number] = known->second;
    return true;
  }
  void write(size_t number, uint64_t /*offset*/, std::string_view piece) override {
    if (!upload_.empty()) {
      etags_[number] = client_->upload_part(key_, upload_, number + 1, piece, &cancellation_);
    } else if (force_) {
      client_->put(key_, piece, &cancellation_);
    } else if (!client_->put_if_absent(key_, piece, &cancellation_)) {
      fail(ErrorCode::kConflict, fmt::format("{} was made by another just now", to_));
    }
  }
  void complete(const std::function<void(const Opened&)>& verify) override {
    if (!upload_.empty()) client_->complete_upload(key_, upload_, etags_, &cancellation_);
    verify(open_existing(to_, cancellation_));
  }

 private:
  const std::string to_;
  const bool force_;
  const Cancellation& cancellation_;
  std::shared_ptr<const S3Client> client_;
  std::string key_, upload_;               // no upload: it is put at once
  std::map<size_t, std::string> earlier_;  // etags of the parts that an earlier copy left
  std::vector<std::string> etags_;         // of each piece; threads write different ones
};

// A file on its way. What it opens is open from its first piece to its last.
class Job {
 public:
  Job(const Copy& copy, std::string identity, bool force, const Cancellation& cancellation, Progress* progress)
      : copy_(copy),
        identity_(std::move(identity)),
        force_(force),
        cancellation_(cancellation),
        progress_(progress),
        piece_bytes_(
            std::max<uint64_t>(limits::kUploadPartBytes, (copy.bytes / kMostParts / kMebibyte + 1) * kMebibyte)),
        pieces_(std::max<uint64_t>((copy.bytes + piece_bytes_ - 1) / piece_bytes_, 1)),
        left_(pieces_) {}

  size_t pieces() const { return pieces_; }

  void copy(size_t number) {
    cancellation_.check();
    std::call_once(begun_, [this] { begin(); });
    uint64_t offset = number * piece_bytes_;
    auto bytes = static_cast<size_t>(std::min<uint64_t>(piece_bytes_, copy_.bytes - offset));
    if (!target_->has(number, offset, bytes, *source_)) {
      std::string piece(bytes, '\0');
      source_->read(offset, bytes, piece.data());
      target_->write(number, offset, piece);
    }
    if (progress_ != nullptr) progress_->bytes_read += bytes;
    if (left_.fetch_sub(1) != 1) return;
    target_->complete([this](const Opened& made) {
      if (!same_content(*source_, made, cancellation_))
        fail(ErrorCode::kData, fmt::format("the copy {} is not what {} is", copy_.to, copy_.from),
             "it changed while it was copied, or a disk is broken; copy it again");
    });
    source_.reset();
    target_.reset();
  }

 private:
  void begin() {
    source_ = open_existing(copy_.from, cancellation_);
    if (source_->identity != identity_)
      fail(ErrorCode::kConflict, fmt::format("{} changed just now", copy_.from), "copy it again");
    if (is_remote(copy_.to))
      target_ = std::make_unique<S3Target>(copy_, pieces_, force_, cancellation_);
    else
      target_ = std::make_unique<LocalTarget>(copy_, copy_.from + " " + identity_, cancellation_);
  }

  const Copy& copy_;
  const std::string identity_;
  const bool force_;
  const Cancellation& cancellation_;
  Progress* const progress_;
  const uint64_t piece_bytes_;
  const size_t pieces_;
  std::atomic<size_t> left_;
  std::once_flag begun_;
  std::optional<Opened> source_;
  std::unique_ptr<Target> target_;
};

void refuse(const std::vector<std::string>& different) {
  if (different.empty()) return;
  std::string shown = different.front();
  if (different.size() > 1) shown += fmt::format(" and {} more", different.size() - 1);
  fail(ErrorCode::kConflict,
       fmt::format("{} {} there already, with other content; nothing was copied", shown,
                   different.size() == 1 ? "is" : "are"),
       "--force replaces what is there");
}

}  // namespace

void copy_files(std::vector<Copy>& copies, bool force, const Cancellation& cancellation, Progress* progress) {
  std::vector<std::string> identities(copies.size()), different;
  std::mutex lock;
  each_at_once(copies.size(), limits::kRequestsAtOnce, [&](size_t i) {
    cancellation.check();
    Copy& copy = copies[i];
    Opened from = open_existing(copy.from, cancellation);
    copy.bytes = from.bytes;
    identities[i] = from.identity;
    std::optional<Opened> there = open(copy.to, cancellation);
    copy.was_there = there && same_content(from, *there, cancellation);
    if (!there || copy.was_there || force) return;
    std::lock_guard guard(lock);
    different.push_back(copy.to);
  });
  std::ranges::sort(different);
  refuse(different);

  std::vector<std::unique_ptr<Job>> jobs;
  std::vector<std::pair<Job*, size_t>> pieces;
  for (size_t i = 0; i < copies.size(); ++i) {
    if (copies[i].was_there) continue;
    Job& job = *jobs.emplace_back(std::make_unique<Job>(copies[i], identities[i], force, cancellation, progress));
    for (size_t piece = 0; piece < job.pieces(); ++piece) pieces.emplace_back(&job, piece);
    if (progress != nullptr) progress->bytes_total += copies[i].bytes;
  }
  if (progress != nullptr) progress->stage = "copying";
  try {
    each_at_once(pieces.size(), limits::kRequestsAtOnce, [&](size_t i) { pieces[i].first->copy(pieces[i].second); });
  } catch (const Failure& failure) {
    Error error = failure.error();
    if (error.code == ErrorCode::kIo && error.hint.empty())
      error.hint = "what came so far is kept: the same command goes on from there";
    throw Failure(std::move(error));
  }
}

}  // namespace segue::storage
