// One row taken apart without hurry: headers and samples.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace segue::formats {

// The fields of the row at the begin of text, without quotes around them but not undoubled. Returns its bytes, with the
// '\n' that ends it.
size_t split_row(std::string_view text, std::string_view delimiter, std::optional<char> quote,
                 std::vector<std::string_view>& fields);

}  // namespace segue::formats
