// The inner loops of reading delimited text, one table per instruction set. kernels_code.h holds them, once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/simd.h"
#include "columns/dictionary.h"

namespace segue::formats {

struct Separators {
  size_t count = 0;  // positions written
  size_t lines = 0;  // how many of them are '\n'
};

struct Kernels {
  // Positions, from text, of every `delimiter` and '\n' in text[0, bytes), ascending.
  // REQUIRES: positions has room for bytes + 64; bytes < 2^32.
  Separators (*find_separators)(const char* text, size_t bytes, char delimiter, uint32_t* positions);

  // As find_separators, with every `quote` among the positions.
  Separators (*find_marks)(const char* text, size_t bytes, char delimiter, char quote, uint32_t* positions);

  // Timestamps in their usual form, YYYY-MM-DD and HH:MM:SS with a T or a space between and nothing or a Z behind,
  // years 1900 to 2199, to microseconds. Rows in other forms are not touched; their numbers go to `others`. Returns how
  // many those are. NULL rows become 0. REQUIRES: `others` has room for all rows.
  size_t (*timestamps)(const TextFields& fields, int64_t* micros, uint32_t* others);
};

// REQUIRES: this machine has the level.
const Kernels& kernels(simd::Level level);

}  // namespace segue::formats
