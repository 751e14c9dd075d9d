#if defined(__x86_64__)
#include <immintrin.h>

#include "formats/calendar.h"
#include "formats/kernels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#else
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
#endif
#define SEGUE_KERNELS avx2
#define SEGUE_KERNELS_LEVEL 2
#include "formats/kernels_code.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
