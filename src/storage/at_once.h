// Calls that wait for something else than this machine's processors, several at the same time.
#pragma once

#include <cstddef>
#include <functional>

namespace segue::storage {

// Calls work(0) … work(count - 1), up to `most` of them at the same time, on threads of its own. Throws what one of
// them threw; those that have not begun by then are left out.
void each_at_once(size_t count, size_t most, const std::function<void(size_t index)>& work);

}  // namespace segue::storage
