// One file by itself: what it is, how it is cut, what its values are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "crawl/dialect.h"
#include "crawl/evidence.h"
#include "definition/definition.h"

namespace segue::crawl {

// What is known before any file is looked at: by options, or by the definition of a source.
struct Given {
  std::optional<definition::FormatType> type;
  std::optional<std::string> delimiter;
  std::optional<std::optional<char>> quote;
  std::optional<definition::Encoding> encoding;
  std::optional<bool> header;
  std::optional<std::vector<std::string>> nulls;
  std::vector<Field> columns;  // declared: values that are none of them are told
  bool whole = false;          // all of each file is read, not just its begin
};

struct BadLine {
  uint64_t line = 0;  // from 1; 0: the file
  std::string reason;
};

// Bad rows of one kind: how many, and the first.
struct BadLines {
  uint64_t count = 0;
  std::vector<BadLine> first;
  void add(uint64_t line, std::string reason);
};

// A field of a file's first row.
struct HeaderCell {
  std::string text;  // undoubled
  Kind kind = Kind::kText;
  bool null = false;      // empty and not quoted
  bool repeated = false;  // a row below has the same in this column
};

// What texts of a column, the first row's aside, have in common: a name above them often has not.
struct TextShape {
  uint64_t values = 0, with_digit = 0, with_capital = 0;
  size_t shortest = SIZE_MAX, longest = 0;
};

struct Look {
  enum class State : uint8_t {
    kRows,
    kEmpty,       // nothing in it, or only a byte order mark
    kOther,       // no table: `reason` says why
    kUnreadable,  // `reason` is the error
  };
  State state = State::kOther;
  std::string path;
  std::string reason, hint;
  uint64_t bytes = 0;  // of the file
  bool gzip = false;
  definition::FormatType type = definition::FormatType::kDelimited;
  std::string format_why;
  bool whole = true;  // all of it was looked at
  uint64_t rows = 0;  // that were, without bad ones and the first of delimited text
  BadLines bad;

  // Delimited text.
  Cut cut;
  std::vector<HeaderCell> first_row;
  uint64_t first_line = 1;        // where it stands
  std::vector<Evidence> columns;  // without the first row
  std::vector<TextShape> shapes;
  bool blank_first = false;  // the first line
  bool byte_order_mark = false;
  uint64_t characters = 0;  // beyond ASCII, in UTF-8
  uint64_t not_utf8 = 0;    // bytes that are no part of one
  bool c1_bytes = false;    // 0x80 to 0x9F are among them: letters in Windows-1252, none in ISO-8859-1
  BadLines not_utf8_lines;
  BadLines nul_lines;

  // JSON: its keys are columns. Parquet: columns that said their types.
  Evidence root;
  bool one_object = false;  // on one line: json_lines and json read it alike
  bool ends_with_line = false;
};

// Looks at files, one at a time; its memory serves for all of them. Not thread-safe.
class Looker {
 public:
  explicit Looker(const Cancellation& cancellation);
  ~Looker();
  // `number`: of the file in the order of paths. What can't be read is told in the Look; throws Failure only for
  // cancellation and want of memory.
  Look look(const std::string& path, uint32_t number, const Given& given);

 private:
  class Reading;
  std::unique_ptr<Reading> reading_;
};

}  // namespace segue::crawl
