#include "formats/byte_source.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/limits.h"
#include "formats/archive.h"

namespace segue::formats {

const std::shared_ptr<const std::string>& ByteSource::member() const {
  static const std::shared_ptr<const std::string> none;
  return none;
}

void Expansion::add(size_t bytes, uint64_t in, const InputFile& file) {
  out_ += bytes;
  if (out_ <= limits::kUnpackedBytes && (out_ <= limits::kUnpackedFree || out_ / limits::kUnpackedRatio <= in)) return;
  throw Failure(Error{ErrorCode::kLimit,
                      out_ > limits::kUnpackedBytes
                          ? fmt::format("{} unpacks to more than {} GiB", file.path, limits::kUnpackedBytes >> 30)
                          : fmt::format("{} unpacks to more than {} times its size", file.path, limits::kUnpackedRatio),
                      {file.path, 0, 0, 0},
                      "such files are made to fill disks; if this one is not, unpack it and read what comes out"});
}

std::unique_ptr<ByteSource> open_bytes(const InputFile& file) {
  if (file.archive()) return std::make_unique<ArchiveBytes>(file);
  if (file.packed()) return std::make_unique<GzipBytes>(file);
  return std::make_unique<PlainBytes>(file);
}

size_t PlainBytes::read(char* to, size_t most, uint64_t until) {
  uint64_t end = std::min(until, file_.size);
  if (at_ >= end) {
    if (at_ == file_.size) handle_.close();
    return 0;
  }
  auto bytes = static_cast<size_t>(std::min<uint64_t>(most, end - at_));
  handle_.open_whole(file_);
  handle_.read(at_, bytes, to);
  at_ += bytes;
  return bytes;
}

GzipBytes::~GzipBytes() {
  if (made_) ::inflateEnd(&stream_);
}

void GzipBytes::fail_damaged(const std::string& what) const {
  throw Failure(Error{ErrorCode::kData,
                      fmt::format("{} can't be unpacked: {} (byte {} of the file)", file_.path, what, consumed()),
                      {file_.path, 0, 0, 0},
                      "`gzip --test` will say the same: fetch or make the file again"});
}

// More input, if there is none left. False at byte `until` of the file or its end.
bool GzipBytes::fill(uint64_t until) {
  if (stream_.avail_in != 0) return true;
  uint64_t end = std::min(until, file_.size);
  if (read_ >= end) return false;
  constexpr size_t kInputBytes = size_t{64} << 10;
  input_.resize(kInputBytes);
  auto bytes = static_cast<size_t>(std::min<uint64_t>(kInputBytes, end - read_));
  handle_.open_whole(file_);
  handle_.read(read_, bytes, input_.data());
  read_ += bytes;
  stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
  stream_.avail_in = static_cast<uInt>(bytes);
  return true;
}

void GzipBytes::begin_member() {
  constexpr int kGzipWindow = 15 + 16;  // the largest window, gzip's header and trailer
  int result = made_ ? ::inflateReset(&stream_) : ::inflateInit2(&stream_, kGzipWindow);
  if (result != Z_OK) fail(ErrorCode::kLimit, "no memory to unpack a gzip file");
  made_ = in_member_ = true;
}

// Zeros behind a member, which tapes and block devices leave, do not count.
void GzipBytes::skip_padding() {
  while (stream_.avail_in != 0 && *stream_.next_in == 0) {
    ++stream_.next_in;
    --stream_.avail_in;
  }
}

size_t GzipBytes::read(char* to, size_t most, uint64_t until) {
  if (most == 0) return 0;
  most = std::min(most, size_t{1} << 30);
  while (true) {
    if (!unpacked_ && !fill(until)) {
      if (read_ != file_.size) return 0;
      if (in_member_) fail_damaged("it ends too early");
      handle_.close();
      return 0;
    }
    if (!in_member_) {
      if (made_) skip_padding();
      if (stream_.avail_in == 0) continue;
      begin_member();
    }
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(most);
    int result = ::inflate(&stream_, Z_NO_FLUSH);
    unpacked_ = stream_.avail_out == 0 && result == Z_OK;
    if (result == Z_STREAM_END) {
      in_member_ = false;
    } else if (result == Z_MEM_ERROR) {
      fail(ErrorCode::kLimit, "no memory to unpack a gzip file");
    } else if (result != Z_OK && result != Z_BUF_ERROR) {  // the latter: there was nothing to do
      fail_damaged(stream_.msg != nullptr ? stream_.msg : "its data is damaged");
    }
    if (size_t bytes = most - stream_.avail_out; bytes != 0) {
      expansion_.add(bytes, consumed(), file_);
      return bytes;
    }
  }
}

}  // namespace segue::formats
