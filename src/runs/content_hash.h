// What tells contents apart: XXH3 of 128 bits, as 32 hexadecimal digits. Equal contents have equal hashes, others by
// any chance that matters do not; no guard against someone who makes files to collide.
#pragma once

#include <string>
#include <string_view>

#include "base/cancellation.h"
#include "formats/line_reader.h"

namespace segue::runs {

std::string content_hash(std::string_view content);

// Of a file, as it was inspected. Throws Failure: kIo, kCancelled.
std::string content_hash_of_file(const formats::InputFile& file, const Cancellation& cancellation);

}  // namespace segue::runs
