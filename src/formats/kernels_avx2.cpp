#if defined(__x86_64__)
#include <immintrin.h>

#include "formats/calendar.h"
#include "formats/kernels.h"

#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
#define SEGUE_KERNELS avx2
#define SEGUE_KERNELS_LEVEL 2
#include "formats/kernels_code.h"
#endif
