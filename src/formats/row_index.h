// Where the rows and fields of a window of lines are: between the bytes and the converters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace segue::formats {

// Why a row can't be taken apart.
enum class RowProblem : uint8_t {
  kTooLong,          // longer than limits::kRowBytes
  kFields,           // another number of fields than it should have
  kUnclosedQuote,    // a quoted field that does not end
  kTextBehindQuote,  // something else than a delimiter or line end behind the quote that closes a field
};

// One worker's index; its memory serves for all windows. Not thread-safe.
class RowIndex {
 public:
  virtual ~RowIndex() = default;

  // What is no row: its first line's number in the window, its bytes without the last line end, and for kFields how
  // many fields it has, for the problems of quotes which field it is, from 1.
  struct Irregular {
    uint64_t line;
    size_t begin, end;
    RowProblem problem;
    size_t fields;
  };

  // Finds the rows of text, which ends with '\n'. Those with a problem go to `irregular`; blank lines are left out,
  // unless rows have one field. REQUIRES: bytes < 2^31; text lives as long as the index is used, with kPadding bytes
  // around that may be read.
  virtual void build(const char* text, size_t bytes, const std::function<void(const Irregular&)>& irregular) = 0;

  size_t rows() const { return rows_; }
  size_t lines() const { return lines_; }
  virtual uint64_t line(size_t row) const = 0;  // where it begins, in the window
  virtual size_t begin(size_t row) const = 0;   // of the row's text
  virtual size_t end(size_t row) const = 0;     // of its '\n'

  // Begins, in values(), and lengths of one field in `count` rows from `first`. A '\r' before the row's '\n' is no part
  // of it, quotes around it neither.
  virtual void fields(size_t field, size_t first, size_t count, uint32_t* begins, uint32_t* lengths) const = 0;
  // Sets flags[i] to 1 where the field is quoted, else to 0. False, and no flag is set, if no field ever is.
  virtual bool quoted(size_t field, size_t first, size_t count, uint8_t* flags) const = 0;
  // What the begins of fields count from, until the next build().
  const char* values() const { return values_; }

 protected:
  const char* values_ = nullptr;
  size_t rows_ = 0, lines_ = 0;
};

}  // namespace segue::formats
