#include "formats/packing.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>
#include <zlib.h>

#include "base/error.h"

namespace segue::formats {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kGzipMagic = "\x1F\x8B";

struct Unread {
  std::string_view magic;
  std::string_view name;
};
constexpr Unread kUnread[] = {{"\xFD\x37zXZ\0"sv, "xz"},
                              {"\x28\xB5\x2F\xFD"sv, "Zstandard"},
                              {"7z\xBC\xAF\x27\x1C"sv, "7-Zip"},
                              {"Rar!\x1A\x07"sv, "RAR"},
                              {"\x04\x22\x4D\x18"sv, "LZ4"}};

// "BZh", a digit, and the magic of a block.
bool bzip2(std::string_view head) {
  return head.size() > 4 && head.starts_with("BZh") && head.substr(4).starts_with("\x31\x41\x59\x26\x53\x59");
}

// A header tells the sum of its bytes, those that tell it taken for spaces.
bool tar_header(std::string_view head) {
  constexpr size_t kSum = 148, kSumBytes = 8;
  if (head.size() < kTarBlock) return false;
  uint64_t sum = 0, told = 0;
  for (size_t i = 0; i < kTarBlock; ++i)
    sum += i >= kSum && i < kSum + kSumBytes ? uint8_t{' '} : static_cast<uint8_t>(head[i]);
  std::string_view digits = head.substr(kSum, kSumBytes);
  digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
  size_t end = std::min(digits.find_first_not_of("01234567"), digits.size());
  if (end == 0) return false;
  for (char c : digits.substr(0, end)) told = told * 8 + static_cast<uint64_t>(c - '0');
  return sum == told;
}

// The first bytes of what a gzip file unpacks to, as far as its head suffices; fewer if it is damaged.
std::string unpacked_head(std::string_view head) {
  constexpr int kGzipWindow = 15 + 16;
  z_stream stream{};
  if (::inflateInit2(&stream, kGzipWindow) != Z_OK) fail(ErrorCode::kLimit, "no memory to unpack a gzip file");
  std::string text(kTarBlock, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(head.data()));
  stream.avail_in = static_cast<uInt>(head.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  ::inflate(&stream, Z_SYNC_FLUSH);
  text.resize(text.size() - stream.avail_out);
  ::inflateEnd(&stream);
  return text;
}

[[noreturn]] void fail_io(const std::string& path, std::string message, std::string hint) {
  throw Failure(Error{ErrorCode::kIo, std::move(message), {path, 0, 0, 0}, std::move(hint)});
}

}  // namespace

Packing packing_of(std::string_view head) {
  if (head.starts_with("PK\x03\x04") || head.starts_with("PK\x05\x06")) return Packing::kZip;
  if (head.starts_with(kGzipMagic)) return tar_header(unpacked_head(head)) ? Packing::kTarGzip : Packing::kGzip;
  return tar_header(head) ? Packing::kTar : Packing::kNone;
}

Packing find_packing(const std::string& path, std::string_view head) {
  auto named = [&](std::string_view end) { return path.ends_with(end); };
  Packing packing = packing_of(head);
  // Archives without members have no header; their reader says what else is wrong with one of that name.
  if (packing == Packing::kGzip && (named(".tar.gz") || named(".tgz"))) return Packing::kTarGzip;
  if (packing == Packing::kNone && named(".tar")) return Packing::kTar;
  if (packing == Packing::kNone && named(".zip")) return Packing::kZip;  // programs may stand before its members
  if ((named(".gz") || named(".tgz")) && packing != Packing::kGzip && packing != Packing::kTarGzip)
    fail_io(path, fmt::format("{} is no gzip file, although its name says so", path), "rename it, or fetch it again");
  if (packing != Packing::kNone) return packing;
  auto unread = std::ranges::find_if(kUnread, [&](const Unread& each) { return head.starts_with(each.magic); });
  if (unread != std::end(kUnread) || bzip2(head))
    fail_io(path,
            fmt::format("{} is packed with {}, which is not read", path,
                        unread != std::end(kUnread) ? unread->name : "bzip2"),
            "unpack it, or pack it with gzip, zip or tar");
  return Packing::kNone;
}

}  // namespace segue::formats
