// The memory that tables are written with.
#pragma once

#include <arrow/type_fwd.h>

namespace segue::lake {

// Arrow's interface to base/memory.h: large buffers are recycled blocks, mostly those that the engine has just given
// back, with huge pages. (Arrow's own pool takes fresh pages: clearing them took longer than encoding.) Lives as long
// as the program; thread-safe.
arrow::MemoryPool* table_memory();

}  // namespace segue::lake
