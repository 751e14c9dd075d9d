// Hashing of fixed-width words and of strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace segue {

// Multiply two words and fold the 128-bit product: the mixing step of wyhash.
inline uint64_t mix(uint64_t a, uint64_t b) {
  auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// A good hash of one word. Partitions take its high bits and hash tables its low bits, never the same.
inline uint64_t hash_word(uint64_t word) { return mix(word ^ 0x9E3779B97F4A7C15ull, 0xE7037ED1A0B428DBull); }

inline uint64_t hash_combine(uint64_t seed, uint64_t word) {
  return mix(seed + 0x8EBC6AF09C88C6E3ull, hash_word(word) | 1);
}

namespace hash_detail {

inline constexpr uint64_t kSecret[4] = {0xA0761D6478BD642Full, 0xE7037ED1A0B428DBull, 0x8EBC6AF09C88C6E3ull,
                                        0x589965CC75374CC3ull};

// 32 bytes of ones, then 32 of zeros: loading at 32 - n gives a mask of the first n bytes, without a branch on n.
alignas(64) inline constexpr auto kMask = [] {
  struct {
    uint8_t bytes[64];
  } mask{};
  for (int i = 0; i < 32; ++i) mask.bytes[i] = 0xFF;
  return mask;
}();

inline uint64_t load_word(const void* from) {
  uint64_t word;
  std::memcpy(&word, from, 8);
  return word;
}

// Up to 32 bytes. Reads 32 whatever `bytes` is.
inline uint64_t hash_block(const char* text, size_t bytes, uint64_t seed) {
  const uint8_t* mask = kMask.bytes + 32 - bytes;
  uint64_t a = load_word(text) & load_word(mask);
  uint64_t b = load_word(text + 8) & load_word(mask + 8);
  uint64_t c = load_word(text + 16) & load_word(mask + 16);
  uint64_t d = load_word(text + 24) & load_word(mask + 24);
  return mix(mix(a ^ kSecret[0], b ^ seed) ^ mix(c ^ kSecret[1], d ^ kSecret[2]) ^ bytes, kSecret[3]);
}

}  // namespace hash_detail

// Hash of a text whose following 32 bytes may be read too (they do not count). Lengths vary from row to row, so a loop
// over words would mispredict its end nearly every time: up to 32 bytes, nearly all names, take no branch.
inline uint64_t hash_padded(const char* text, size_t bytes) {
  uint64_t seed = hash_detail::kSecret[3] ^ bytes;
  while (bytes > 32) [[unlikely]] {
      seed = hash_detail::hash_block(text, 32, seed);
      text += 32;
      bytes -= 32;
    }
  return hash_detail::hash_block(text, bytes, seed);
}

// The same hash of any text. Reads nothing outside it.
inline uint64_t hash_text(const char* text, size_t bytes) {
  uint64_t seed = hash_detail::kSecret[3] ^ bytes;
  while (bytes > 32) {
    seed = hash_detail::hash_block(text, 32, seed);
    text += 32;
    bytes -= 32;
  }
  char rest[32] = {};
  if (bytes != 0) std::memcpy(rest, text, bytes);
  return hash_detail::hash_block(rest, bytes, seed);
}

}  // namespace segue
