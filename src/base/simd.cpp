#include "base/simd.h"

#include <array>
#include <cstdlib>
#include <string>

#include "base/error.h"

namespace segue::simd {
namespace {

constexpr std::array kLevels = {Level::kPlain, Level::kAvx2, Level::kAvx512};

bool has(Level level) {
#if defined(__x86_64__)
  switch (level) {
    case Level::kPlain: return true;
    case Level::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
             __builtin_cpu_supports("popcnt");
    case Level::kAvx512:
      return has(Level::kAvx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl");
  }
  return false;
#else
  return level == Level::kPlain;
#endif
}

}  // namespace

std::string_view name(Level level) {
  switch (level) {
    case Level::kPlain: return "plain";
    case Level::kAvx2: return "avx2";
    case Level::kAvx512: return "avx512";
  }
  return "";
}

std::vector<Level> available() {
  std::vector<Level> result;
  for (Level level : kLevels) {
    if (has(level)) result.push_back(level);
  }
  return result;
}

Level level() {
  const char* forced = std::getenv("SEGUE_SIMD");
  if (forced == nullptr || *forced == '\0') return available().back();
  for (Level level : kLevels) {
    if (name(level) != forced) continue;
    if (!has(level)) {
      fail(ErrorCode::kUsage, "SEGUE_SIMD=" + std::string(forced) + ": this machine does not have these instructions",
           "the best it has is " + std::string(name(available().back())));
    }
    return level;
  }
  fail(ErrorCode::kUsage, "SEGUE_SIMD=" + std::string(forced) + " is no known level",
       "use plain, avx2 or avx512, or leave it unset");
}

}  // namespace segue::simd
