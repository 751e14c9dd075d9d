#include "formats/kernels.h"

namespace segue::formats {

namespace plain {
extern const Kernels kKernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const Kernels kKernels;
}
namespace avx512 {
extern const Kernels kKernels;
}
#endif

const Kernels& kernels(simd::Level level) {
  switch (level) {
#if defined(__x86_64__)
    case simd::Level::kAvx2: return avx2::kKernels;
    case simd::Level::kAvx512: return avx512::kKernels;
#endif
    default: return plain::kKernels;
  }
}

}  // namespace segue::formats
