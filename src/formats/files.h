// The files that a source's path stands for.
#pragma once

#include <string>
#include <vector>

namespace segue::formats {

// The files that `pattern` names, sorted by path: one file, or all that match a pattern of
//   *       any characters of one name, but not a leading dot
//   ?       one character (a byte)          [a-z] [!a]   one of these, or none of these
//   **      any number of folders, hidden ones left out
//   \x      the character x itself
// A path that exists is taken as it is, whatever characters are in it. Folders that match are left out.
// Throws Failure(kIo) located at the pattern: nothing there (with the nearest name, if one is near), a folder, no
// match, a folder that can't be read.
std::vector<std::string> expand_files(const std::string& pattern);

}  // namespace segue::formats
