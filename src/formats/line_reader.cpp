#include "formats/line_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "formats/packing.h"

namespace segue::formats {
namespace {

// Read past the end of a part to complete its last line: longer than nearly every line, one page.
constexpr size_t kLineStep = 4096;

[[noreturn]] void fail_io(const std::string& path, std::string message, std::string hint = {}) {
  throw Failure(Error{ErrorCode::kIo, std::move(message), {path, 0, 0, 0}, std::move(hint)});
}

// Never waits: what is no regular file, such as a pipe without a writer, is refused once it is open.
int open_for_reading(const std::string& path) {
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor >= 0) return descriptor;
  int error = errno;
  if (error == ENOENT)
    fail_io(path, fmt::format("no such file: {}", path), "look at the path, which counts from the project's folder");
  if (error == EACCES) fail_io(path, fmt::format("no permission to read {}", path), fmt::format("chmod +r {}", path));
  fail_io(path, fmt::format("{} can't be opened: {}", path, std::strerror(error)),
          error == EMFILE ? "raise the limit of open files: ulimit -n" : "");
}

InputFile inspect_remote(const std::string& path, const Cancellation* cancellation) {
  InputFile file;
  file.path = path;
  file.remote = storage::open_remote(path, cancellation);
  if (!file.remote) fail_io(path, fmt::format("no such file: {}", path), "look at the name of the bucket and the key");
  file.size = file.remote->bytes();
  file.packing = find_packing(path, file.remote->begin());
  return file;
}

}  // namespace

InputFile inspect_file(const std::string& path, const Cancellation* cancellation) {
  if (storage::is_remote(path)) return inspect_remote(path, cancellation);
  int descriptor = open_for_reading(path);
  struct stat status {};
  int failed = ::fstat(descriptor, &status);
  char head[kHeadBytes] = {};
  ssize_t bytes = failed == 0 && S_ISREG(status.st_mode) ? ::pread(descriptor, head, sizeof head, 0) : 0;
  ::close(descriptor);
  if (failed != 0) fail_io(path, fmt::format("{} can't be inspected: {}", path, std::strerror(errno)));
  if (S_ISDIR(status.st_mode))
    fail_io(path, fmt::format("{} is a folder, not a file", path), fmt::format("all files in it: {}/*", path));
  if (!S_ISREG(status.st_mode))
    fail_io(path, fmt::format("{} is no regular file", path), "write what it yields into a file first");
  Packing packing = find_packing(path, {head, static_cast<size_t>(std::max<ssize_t>(bytes, 0))});
  int64_t modified = int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  return {path, static_cast<uint64_t>(status.st_size), status.st_dev, status.st_ino, modified, nullptr, packing, {}};
}

FileHandle::~FileHandle() { close(); }

void FileHandle::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  remote_.reset();
  file_ = nullptr;
}

void FileHandle::open(const InputFile& file) {
  if (file_ == &file) return;
  close();
  if (file.remote) {
    remote_.emplace(file.remote);
    file_ = &file;
    return;
  }
  descriptor_ = open_for_reading(file.path);
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || status.st_dev != file.device || status.st_ino != file.inode) {
    fail_io(file.path, fmt::format("{} was replaced while it was read", file.path),
            "run again when nothing writes there");
  }
  // Twice the usual read-ahead: every worker reads its morsels from begin to end. A hint only, so its failure does not
  // matter.
  ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
  file_ = &file;
}

void FileHandle::open_whole(const InputFile& file) {
  if (file_ == &file) return;
  open(file);
  expect(0, file.size);
}

void FileHandle::expect(uint64_t begin, uint64_t end) {
  if (remote_) remote_->expect(begin, end);
}

void FileHandle::read(uint64_t offset, size_t bytes, char* to) {
  if (remote_) return remote_->read(offset, bytes, to);
  while (bytes != 0) {
    ssize_t got = ::pread(descriptor_, to, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_io(file_->path, fmt::format("{} can't be read: {}", file_->path, std::strerror(errno)));
    if (got == 0) {
      fail_io(
          file_->path,
          fmt::format("{} became shorter while it was read: it had {} bytes, now {}", file_->path, file_->size, offset),
          "run again when nothing writes there");
    }
    offset += static_cast<uint64_t>(got);
    to += got;
    bytes -= static_cast<size_t>(got);
  }
}

void LineReader::start(const InputFile& file, uint64_t begin, uint64_t end) {
  SEGUE_ASSERT(begin < end && end <= file.size && end - begin <= limits::kRowBytes);
  handle_.open(file);
  begin_ = begin;
  end_ = end;
  find_begin_ = begin != 0;
  // With the byte before, a line that begins exactly at `begin` is known by the '\n' there.
  offset_ = begin == 0 ? 0 : begin - 1;
  handle_.expect(offset_, end + kLineStep);
  head_ = filled_ = consumed_ = 0;
  done_ = false;
}

void LineReader::reserve(size_t bytes) {
  if (bytes <= block_.bytes()) return;
  Block bigger(std::max(bytes, block_.bytes() * 2));
  if (filled_ != 0) std::memcpy(bigger.data(), block_.data(), filled_);
  block_ = std::move(bigger);
}

bool LineReader::next(Window& window) {
  if (done_) return false;
  if (consumed_ != 0) std::memmove(buffer(), buffer() + consumed_, filled_ - consumed_);
  offset_ += consumed_;
  filled_ -= consumed_;
  head_ = consumed_ = 0;
  return fill(window);
}

void LineReader::hand_out(Window& window, size_t end) {
  window = {buffer() + head_, end - head_, offset_ + head_, false, 1, nullptr, nullptr};
  consumed_ = end;
}

bool LineReader::fill(Window& window) {
  const uint64_t size = handle_.file()->size;
  size_t searched = filled_;  // bytes known to hold no '\n', or none that matters
  while (true) {
    uint64_t at = offset_ + filled_;
    uint64_t left = at < end_ ? end_ - at : 0;
    size_t wanted = left > window_bytes_ ? window_bytes_ : static_cast<size_t>(left) + kLineStep;
    // Long lines are read in ever larger steps.
    if (filled_ > window_bytes_) wanted = std::max(wanted, filled_ / 2);
    wanted = static_cast<size_t>(std::min<uint64_t>(wanted, size - at));
    if (wanted == 0) {  // the end of the file, in a line without '\n'
      done_ = true;
      if (find_begin_ || filled_ == head_) return false;
      reserve(filled_ + 1);
      buffer()[filled_] = '\n';
      hand_out(window, filled_ + 1);
      return true;
    }
    reserve(filled_ + wanted + 1);
    handle_.read(at, wanted, buffer() + filled_);
    filled_ += wanted;
    if (find_begin_) {
      // Only up to end - 2: what begins after a '\n' at end - 1 belongs to the next part.
      size_t most = static_cast<size_t>(std::min<uint64_t>(filled_, end_ - 1 - offset_));
      auto* line = static_cast<const char*>(std::memchr(buffer() + searched, '\n', most - searched));
      if (line == nullptr) {
        if (offset_ + filled_ >= end_ - 1) {
          done_ = true;
          return false;
        }
        // Nothing of this is needed any more.
        offset_ += filled_;
        filled_ = searched = 0;
        continue;
      }
      find_begin_ = false;
      head_ = searched = static_cast<size_t>(line - buffer()) + 1;
    }
    if (offset_ + filled_ < end_) {
      auto* line = static_cast<const char*>(memrchr(buffer() + searched, '\n', filled_ - searched));
      searched = filled_;
      if (line != nullptr) {
        hand_out(window, static_cast<size_t>(line - buffer()) + 1);
        return true;
      }
    } else {
      // The last line is the one that byte end - 1 belongs to.
      size_t from = std::max(searched, static_cast<size_t>(end_ - 1 - offset_));
      auto* line = static_cast<const char*>(std::memchr(buffer() + from, '\n', filled_ - from));
      if (line != nullptr) {
        done_ = true;
        hand_out(window, static_cast<size_t>(line - buffer()) + 1);
        return true;
      }
      // Lines before it may be complete: these first, so that only one line is left to complete.
      size_t before = static_cast<size_t>(end_ - offset_);
      auto* last =
          searched < before ? static_cast<const char*>(memrchr(buffer() + searched, '\n', before - searched)) : nullptr;
      searched = filled_;
      if (last != nullptr) {
        hand_out(window, static_cast<size_t>(last - buffer()) + 1);
        return true;
      }
    }
    if (filled_ - head_ > limits::kRowBytes) {
      done_ = true;
      hand_out(window, filled_);
      window.endless = true;
      return true;
    }
  }
}

}  // namespace segue::formats
