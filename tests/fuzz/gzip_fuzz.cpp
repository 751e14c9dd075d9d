// Compressed text: the options of delimited_fuzz.cpp; a line's end; then the file without gzip's two magic bytes.
#include <algorithm>
#include <optional>

#include <zlib.h>

#include "base/error.h"
#include "fuzz/delimited.h"

namespace segue::fuzz {
namespace {

// What zlib alone makes of all members of a file, zeros behind each left out; nothing if it is damaged.
std::optional<std::string> unpack(const std::string& packed) {
  std::string text;
  for (size_t at = 0; at < packed.size();) {
    z_stream stream{};
    if (::inflateInit2(&stream, 15 + 16) != Z_OK) std::abort();
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + at));
    stream.avail_in = static_cast<uInt>(packed.size() - at);
    int result = Z_OK;
    while (result == Z_OK) {
      char piece[1 << 14];
      stream.next_out = reinterpret_cast<Bytef*>(piece);
      stream.avail_out = sizeof piece;
      result = ::inflate(&stream, Z_NO_FLUSH);
      text.append(piece, sizeof piece - stream.avail_out);
    }
    ::inflateEnd(&stream);
    if (result != Z_STREAM_END) return std::nullopt;
    at = std::min(packed.find_first_not_of('\0', packed.size() - stream.avail_in), packed.size());
  }
  return text;
}

}  // namespace

void run(std::string_view input) {
  Options options(input);
  formats::DelimitedSource source = delimited_source(options);
  if (input.starts_with('\n')) input.remove_prefix(1);
  std::string packed = "\x1F\x8B" + std::string(input);
  std::optional<std::string> text = unpack(packed);
  constexpr size_t kMuch = 1 << 20;  // a few bytes may unpack to this: it would only take time
  if (text && text->size() > kMuch) return;
  MemoryFile file(packed);
  source.files = {file.path()};
  if (text) return expect_slow_rows(source, *text);
  try {
    formats::scan(source);
    ADD_FAILURE() << "a damaged file is read without an error";
  } catch (const Failure& failure) {
    EXPECT_TRUE(failure.error().code == ErrorCode::kData) << failure.what();
    EXPECT_EQ(failure.error().place.file, source.files[0]);
  }
}

}  // namespace segue::fuzz
