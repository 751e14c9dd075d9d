// Hashing of fixed-width words; strings are hashed by Dictionary.
#pragma once

#include <cstdint>

namespace segue {

// Multiply two words and fold the 128-bit product: the mixing step of wyhash.
inline uint64_t mix(uint64_t a, uint64_t b) {
  auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// A good hash of one word. Partitions take its high bits and hash tables its low bits, never the same.
inline uint64_t hash_word(uint64_t word) { return mix(word ^ 0x9E3779B97F4A7C15ull, 0xE7037ED1A0B428DBull); }

inline uint64_t hash_combine(uint64_t seed, uint64_t word) { return mix(seed + 0x8EBC6AF09C88C6E3ull, hash_word(word) | 1); }

}  // namespace segue
