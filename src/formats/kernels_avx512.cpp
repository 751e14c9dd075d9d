#if defined(__x86_64__)
#include <immintrin.h>

#include "formats/calendar.h"
#include "formats/kernels.h"

#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl")
#define SEGUE_KERNELS avx512
#define SEGUE_KERNELS_LEVEL 512
#include "formats/kernels_code.h"
#endif
