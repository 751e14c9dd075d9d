// How delimited text is cut: found by trying the usual delimiters and quotes on the first rows of a file.
//
// The rule is the oldest one: the right delimiter cuts (nearly) all rows into the same number of fields. What it leaves
// open is decided so:
//   - a quote counts if fields that begin with it also end so, and it is either needed (a delimiter, a line end or a
//     doubled quote within), or stands around a column as a rule; else it is a letter like others
//   - "||" beats "|" where that never stands alone
//   - a comma loses to another delimiter if it stands within numbers only: 1,5;2,5
//   - of those still left the one without exceptions wins, then the one with most fields, then the order of kDelimiters
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segue::crawl {

inline constexpr std::array<std::string_view, 11> kDelimiters = {"\t", "||", "::",   "|",    ";",   ",",
                                                                 "~",  "^",  "\x01", "\x1F", "\x1E"};

struct Dialect {
  std::string delimiter;
  std::optional<char> quote;
  bool operator==(const Dialect&) const = default;
};

// "comma", "tab", "`::`": for people.
std::string delimiter_text(std::string_view delimiter);

struct FieldView {
  std::string_view text;  // without quotes around it, doubled ones still twice
  bool quoted = false;
  bool doubled = false;
};

// One row, taken apart as formats/quoted_index.h and plain_index.h do it.
struct RowView {
  std::vector<FieldView> fields;
  size_t bytes = 0;          // with the line end
  bool blank = false;        // nothing but the line end
  bool unclosed = false;     // the text ends within quotes
  bool text_behind = false;  // behind a closing quote
};
// The row at the begin of the text, which is not empty. Without a line end the text's end is the row's.
void take_row(std::string_view text, const Dialect& dialect, RowView& row);

struct Cut {
  Dialect dialect;
  size_t columns = 0;
  bool quote_matters = false;  // some field begins with a quote
  std::string why;             // "120 of 120 rows have 6 fields"
};

// The dialect of rows that are not cut off at the end; nothing if there is none, and why. `given`: what is known of it
// already; `table_name`: the file's name says that it is a table (.csv and the like).
struct Given;
std::optional<Cut> find_dialect(std::string_view rows, const Given& given, bool table_name, std::string& why_not);

}  // namespace segue::crawl
