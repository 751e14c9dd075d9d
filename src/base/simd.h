// Which instruction set the vector code uses: chosen here, once, for the whole program.
//
// Code that gains from wider vectors is written once and compiled once per level (each level in its own file, which
// sets the target of all it holds); a table per level, looked up by level(), holds the functions.
// SEGUE_SIMD=plain|avx2|avx512 forces a level, so that tests run every one that the machine has.
#pragma once

#include <string_view>
#include <vector>

namespace segue::simd {

enum class Level { kPlain, kAvx2, kAvx512 };

std::string_view name(Level level);

// What this machine can run, ascending; the first is kPlain.
std::vector<Level> available();

// The best one available, or what SEGUE_SIMD asks for. Throws Failure(kUsage) if that is unknown or not available.
// Reads the environment: call it where something is opened, not per row.
Level level();

}  // namespace segue::simd
