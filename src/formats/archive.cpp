#include "formats/archive.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "formats/archive_members.h"
#include "formats/packing.h"

namespace segue::formats {
namespace {

constexpr size_t kInputBytes = size_t{64} << 10;

std::string_view kind_of(Packing packing) { return packing == Packing::kZip ? "zip" : "tar"; }

std::string stored_name(archive_entry* entry) {
  // Names whose encoding is not told come as they are.
  const char* name = ::archive_entry_pathname_utf8(entry);
  if (name == nullptr) name = ::archive_entry_pathname(entry);
  return name == nullptr ? "" : name;
}

}  // namespace

void ArchiveBytes::Free::operator()(archive* handle) const { ::archive_read_free(handle); }

ArchiveBytes::ArchiveBytes(const InputFile& file) : file_(file) { SEGUE_ASSERT(file.archive()); }

ArchiveBytes::~ArchiveBytes() = default;

uint64_t ArchiveBytes::consumed() const {
  if (state_ == State::kEnd) return file_.size;
  return gzip_ ? gzip_->consumed() : at_;
}

void ArchiveBytes::fail_member(std::string message, std::string hint) const {
  const std::string& where = member_ ? *member_ : file_.path;
  throw Failure(Error{ErrorCode::kData, where + std::move(message), {where, 0, 0, 0}, std::move(hint)});
}

// Throws what reading the file threw, else what libarchive says.
void ArchiveBytes::fail_damaged(std::string what) {
  if (thrown_ != nullptr) std::rethrow_exception(std::exchange(thrown_, nullptr));
  const char* said = archive_ ? ::archive_error_string(archive_.get()) : nullptr;
  if (what.empty()) what = said == nullptr ? "it is damaged" : printable_utf8(said);
  if (state_ != State::kWanted) member_ = nullptr;
  fail_member(fmt::format(" can't be read: {}", what),
              fmt::format("is {} a whole {} archive? `{}` looks at it", file_.path, kind_of(file_.packing),
                          file_.packing == Packing::kZip ? "unzip -t" : "tar -tf"));
}

size_t ArchiveBytes::fill() {
  input_.resize(kInputBytes);
  size_t bytes = 0;
  if (gzip_) {
    bytes = gzip_->read(input_.data(), kInputBytes, UINT64_MAX);
    tail_.append(input_.data() + (bytes - std::min(bytes, kTarBlock)), std::min(bytes, kTarBlock));
    if (tail_.size() > kTarBlock) tail_.erase(0, tail_.size() - kTarBlock);
  } else if (at_ < file_.size) {
    bytes = static_cast<size_t>(std::min<uint64_t>(kInputBytes, file_.size - at_));
    handle_.open_whole(file_);
    handle_.read(at_, bytes, input_.data());
  }
  at_ += bytes;
  given_ += bytes;
  return bytes;
}

ssize_t ArchiveBytes::give_bytes(archive* handle, void* self, const void** bytes) {
  auto& bytes_of = *static_cast<ArchiveBytes*>(self);
  try {
    size_t count = bytes_of.fill();
    *bytes = bytes_of.input_.data();
    return static_cast<ssize_t>(count);
  } catch (...) {
    bytes_of.thrown_ = std::current_exception();
    ::archive_set_error(handle, EIO, "the file can't be read");
    return ARCHIVE_FATAL;
  }
}

int64_t ArchiveBytes::seek(archive* handle, void* self, int64_t offset, int whence) {
  auto& bytes_of = *static_cast<ArchiveBytes*>(self);
  auto size = static_cast<int64_t>(bytes_of.file_.size), at = static_cast<int64_t>(bytes_of.at_);
  int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? at : size;
  if (offset < -base || offset > size - base) {
    ::archive_set_error(handle, EIO, "it ends too early");
    return ARCHIVE_FATAL;
  }
  bytes_of.at_ = static_cast<uint64_t>(base + offset);
  return base + offset;
}

void ArchiveBytes::open() {
  archive_.reset(::archive_read_new());
  if (archive_ == nullptr) fail(ErrorCode::kLimit, "no memory to read an archive");
  if (file_.packing == Packing::kZip) {
    ::archive_read_support_format_zip_seekable(archive_.get());
  } else {
    ::archive_read_support_format_tar(archive_.get());
  }
  ::archive_read_set_callback_data(archive_.get(), this);
  ::archive_read_set_read_callback(archive_.get(), give_bytes);
  if (file_.packing == Packing::kTarGzip) {
    gzip_ = std::make_unique<GzipBytes>(file_);
  } else {
    ::archive_read_set_seek_callback(archive_.get(), seek);
  }
  if (::archive_read_open1(archive_.get()) != ARCHIVE_OK) fail_damaged();
  state_ = State::kBetween;
}

size_t ArchiveBytes::read(char* to, size_t most, uint64_t until) {
  if (most == 0 || text_ended_) return 0;
  if (state_ == State::kClosed) open();
  while (state_ != State::kEnd) {
    // Before the first member a zip archive's end was read, where its table of members is.
    if (members_ != 0 && until < file_.size && consumed() >= until) return 0;
    switch (state_) {
      case State::kBetween: next_member(); break;
      case State::kOther: pass_over(until); break;
      default: {
        size_t bytes = std::min(most, head_.size() - head_read_);
        if (bytes != 0) {
          std::memcpy(to, head_.data() + head_read_, bytes);
          head_read_ += bytes;
        } else {
          bytes = read_data(to, most);
        }
        if (bytes != 0) return bytes;
        state_ = State::kBetween;
        text_ended_ = true;
        return 0;
      }
    }
  }
  return 0;
}

bool ArchiveBytes::skip_text() {
  if (state_ == State::kWanted) state_ = State::kOther;
  return true;
}

void ArchiveBytes::next_member() {
  archive_entry* entry = nullptr;
  int result = ::archive_read_next_header(archive_.get(), &entry);
  if (result == ARCHIVE_EOF) return end();
  if (result != ARCHIVE_OK && result != ARCHIVE_WARN) fail_damaged();  // warned is of names and the like
  if (++members_ > limits::kArchiveMembers) {
    throw Failure(Error{ErrorCode::kLimit,
                        fmt::format("{} has more than {} members", file_.path, limits::kArchiveMembers),
                        {file_.path, 0, 0, 0},
                        "unpack it and read what comes out"});
  }
  begin_member(entry);
}

void ArchiveBytes::begin_member(archive_entry* entry) {
  state_ = State::kOther;
  if (::archive_entry_filetype(entry) != AE_IFREG || ::archive_entry_hardlink(entry) != nullptr) return;
  std::string name = member_name(stored_name(entry));
  if (!member_matches(file_.members, name)) {
    other_name_ = std::move(name);
    return;
  }
  member_ = std::make_shared<const std::string>(file_.path + "/" + name);
  if (!names_.insert(name).second)
    fail_member(" is there twice", "make the archive anew, with one member of each name");
  if (::archive_entry_is_encrypted(entry) != 0)
    fail_member(" is encrypted", "unpack it with its password and read what comes out");
  state_ = State::kWanted;
  head_.resize(kTarBlock);
  head_.resize(read_data(head_.data(), kTarBlock));
  head_read_ = 0;
  Packing packing = packing_of(head_);
  if (packing == Packing::kNone) return;
  fail_member(
      packing == Packing::kGzip ? " is compressed itself, within the archive" : " is an archive within the archive",
      "unpack the outer one: only one is read through");
}

size_t ArchiveBytes::read_data(char* to, size_t most) {
  ssize_t bytes = ::archive_read_data(archive_.get(), to, most);
  if (bytes < 0) fail_damaged();
  expansion_.add(static_cast<size_t>(bytes), given_, file_);
  return static_cast<size_t>(bytes);
}

// The rest of a member that nobody wants, up to about byte `until` of the file.
void ArchiveBytes::pass_over(uint64_t until) {
  if (!gzip_) {
    if (::archive_read_data_skip(archive_.get()) < ARCHIVE_WARN) fail_damaged();
    state_ = State::kBetween;
    return;
  }
  while (until >= file_.size || consumed() < until) {
    const void* data = nullptr;
    size_t bytes = 0;
    int64_t offset = 0;
    int result = ::archive_read_data_block(archive_.get(), &data, &bytes, &offset);
    if (result == ARCHIVE_EOF) {
      state_ = State::kBetween;
      return;
    }
    if (result < ARCHIVE_OK) fail_damaged();
  }
}

// All members are behind. What follows a tar archive within gzip must be whole too; and a tar archive that was cut off
// between two members has no end mark, a block of zeros.
void ArchiveBytes::end() {
  if (file_.packing != Packing::kZip) {
    int64_t used = ::archive_filter_bytes(archive_.get(), 0);
    if (gzip_) {
      while (fill() != 0) {
      }
    } else if (file_.size >= kTarBlock) {
      tail_.resize(kTarBlock);
      handle_.open(file_);
      handle_.read(file_.size - kTarBlock, kTarBlock, tail_.data());
    }
    uint64_t all = gzip_ ? at_ : file_.size;
    if (used >= 0 && static_cast<uint64_t>(used) >= all && tail_.find_first_not_of('\0') != std::string::npos)
      fail_damaged("it has no end mark, so it was cut off");
  }
  if (names_.empty()) {
    member_ = nullptr;
    fail_member(
        file_.members.empty() ? " holds no files" : fmt::format(" has no member that matches {}", file_.members),
        other_name_.empty() ? "" : fmt::format("a member of it: {}", other_name_));
  }
  state_ = State::kEnd;
  archive_.reset();
  gzip_.reset();
  handle_.close();
  input_ = {};
}

}  // namespace segue::formats
