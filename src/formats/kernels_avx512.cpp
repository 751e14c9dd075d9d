#if defined(__x86_64__)
#include <immintrin.h>

#include "formats/calendar.h"
#include "formats/kernels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl"))), \
                             apply_to = function)
#else
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl")
#endif
#define SEGUE_KERNELS avx512
#define SEGUE_KERNELS_LEVEL 512
#include "formats/kernels_code.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
