#include "formats/calendar.h"
#include "formats/kernels.h"

#define SEGUE_KERNELS plain
#define SEGUE_KERNELS_LEVEL 0
#include "formats/kernels_code.h"
