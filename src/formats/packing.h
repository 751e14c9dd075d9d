// What a file is packed in, as its first bytes and its name say.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "formats/line_reader.h"

namespace segue::formats {

// So many bytes of a file's begin are looked at.
inline constexpr size_t kHeadBytes = 4096;

// A tar archive begins with a header of this size.
inline constexpr size_t kTarBlock = 512;

// `head`: the first kHeadBytes of the file, or all of it if it has fewer. Bytes count before names, but a name that ends
// in .gz, .zip, .tar or .tgz must be right. Throws Failure(kIo) located at the path where it is not, or where the bytes
// are those of a packing that is not read.
Packing find_packing(const std::string& path, std::string_view head);

// What the bytes alone say; kNone also where they do not suffice.
Packing packing_of(std::string_view head);

}  // namespace segue::formats
