// Errors of the operating system as ours.
#pragma once

#include <string>

namespace segue::storage {

// Throws Failure(kIo) "cannot <doing> <path>: <what errno says>", with a hint for the causes that a person can remove.
[[noreturn]] void fail_io(const char* doing, const std::string& path, int error);

}  // namespace segue::storage
