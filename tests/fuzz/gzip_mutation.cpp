// Changed bytes of a gzip file hardly ever unpack, so half of the time what they unpack to is changed.
#include <algorithm>
#include <cstring>
#include <string>

#include <zlib.h>

#include "formats/gzip_helpers.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* bytes, size_t byte_count, size_t most);                        // NOLINT
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* bytes, size_t byte_count, size_t most, unsigned seed);  // NOLINT

size_t LLVMFuzzerCustomMutator(uint8_t* bytes, size_t byte_count, size_t most, unsigned seed) {
  const uint8_t* end = std::find(bytes, bytes + byte_count, '\n');
  auto head = static_cast<size_t>(end - bytes) + 1;
  if (seed % 2 == 0 || head >= byte_count) return LLVMFuzzerMutate(bytes, byte_count, most);
  z_stream stream{};
  std::string packed = "\x1F\x8B" + std::string(reinterpret_cast<const char*>(bytes) + head, byte_count - head);
  std::string text(1 << 16, '\0');
  if (::inflateInit2(&stream, 15 + 16) != Z_OK) return byte_count;
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  ::inflate(&stream, Z_NO_FLUSH);
  size_t unpacked = text.size() - stream.avail_out;
  ::inflateEnd(&stream);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()), unpacked, text.size()));
  size_t cut = seed % 6 == 1 ? text.size() / 2 : text.size();  // one member or two
  packed = segue::formats::gzip(text.substr(0, cut));
  if (cut != text.size()) packed += segue::formats::gzip(text.substr(cut));
  packed.erase(0, 2);
  if (head + packed.size() > most) return byte_count;
  std::memcpy(bytes + head, packed.data(), packed.size());
  return head + packed.size();
}
