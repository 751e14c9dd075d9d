// Which process this is, in a way that outlives it: numbers of processes are given again.
#pragma once

#include <cstdint>
#include <string>

namespace segue::runs {

std::string host_name();

// Tells this process from all others of this host, now and later: the boot of the system and the time it began. Empty
// if there is none of that number.
std::string process_birth(int64_t process);

}  // namespace segue::runs
