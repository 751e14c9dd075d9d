// The files that a source's path stands for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"

namespace segue::formats {

// The files that `pattern` names, sorted by path: one file, all below a folder but those left_out(), or all that match a
// pattern of
//   *       any characters of one name, but not a leading dot
//   ?       one character (a byte)          [a-z] [!a]   one of these, or none of these
//   **      any number of folders, hidden ones left out
//   \x      the character x itself
// A path that exists is taken as it is, whatever characters are in it. What matches and is no plain file (a folder, a
// device, a pipe) is left out. Of s3://BUCKET/…, what is below the bucket is such a pattern, file or folder.
// Throws Failure(kIo) located at the pattern: nothing there (with the nearest name, if one is near), no match, a folder
// that can't be read, holds no files, or is a Delta table. `cancellation` may be null.
std::vector<std::string> expand_files(const std::string& pattern, const Cancellation* cancellation = nullptr);

// Whether it has characters that stand for others in a pattern.
inline bool has_wildcard(std::string_view text) { return text.find_first_of("*?[\\") != std::string_view::npos; }

// Whether what has this name is left out where nobody names it: hidden files, and what other programs put beside data
// (_SUCCESS, _delta_log, __MACOSX).
inline bool left_out(std::string_view name) { return name.starts_with('.') || name.starts_with('_'); }

}  // namespace segue::formats
