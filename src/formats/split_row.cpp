#include "formats/split_row.h"

#include <algorithm>

namespace segue::formats {

size_t split_row(std::string_view text, std::string_view delimiter, std::optional<char> quote,
                 std::vector<std::string_view>& fields) {
  fields.clear();
  for (size_t at = 0;;) {
    size_t behind = at;  // where the field's end is looked for
    std::optional<std::string_view> inside;
    if (quote && at < text.size() && text[at] == *quote) {
      size_t close = text.find(*quote, at + 1);
      while (close != std::string_view::npos && close + 1 < text.size() && text[close + 1] == *quote)
        close = text.find(*quote, close + 2);
      behind = close == std::string_view::npos ? text.size() : close + 1;
      inside = text.substr(at + 1, std::min(close, text.size()) - at - 1);
    }
    size_t line = std::min(text.find('\n', behind), text.size());
    size_t end = std::min(text.substr(0, line).find(delimiter, behind), line);
    std::string_view field = text.substr(at, end - at);
    if (end == line && field.ends_with('\r')) field.remove_suffix(1);
    fields.push_back(inside.value_or(field));
    if (end == line) return std::min(line + 1, text.size());
    at = end + delimiter.size();
  }
}

}  // namespace segue::formats
