// Which members of an archive are read, and what they are called.
#pragma once

#include <string>
#include <string_view>

namespace segue::formats {

// The name of a member as messages show it and patterns match it: without `.`, `..`, empty parts and a root, for nothing
// is ever written under it; what is not printable UTF-8 replaced. Empty if nothing is left.
std::string member_name(std::string_view stored);

// Whether a member of this name is read. Patterns are those of files.h; one without `/` is that of the last name, in
// whichever folder. Without a pattern all are. Names that begin with `.` or `_`, and what is in folders of such names,
// are matched only by a pattern with `/` that has them.
bool member_matches(std::string_view pattern, std::string_view name);

}  // namespace segue::formats
