// Rows whose fields may be quoted, as RFC 4180 has it: a field that begins with the quote ends at the next one, and two
// of them are one that belongs to it. A quote elsewhere is text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/memory.h"
#include "formats/kernels.h"
#include "formats/row_index.h"
#include "formats/whole_delimiter.h"

namespace segue::formats {

//   values(): the window; or, if quotes are doubled in it, a copy of it with those fields once more behind, undoubled.
//
//   begins, lengths, quoted   fields_ entries a row
class QuotedIndex final : public RowIndex {
 public:
  // REQUIRES: 1 <= delimiter.size() <= kMostDelimiterBytes; it holds neither a line end nor the quote.
  QuotedIndex(const Kernels& kernels, size_t fields, const std::string& delimiter, char quote);

  // A window that ends within quotes has an unclosed one.
  void build(const char* text, size_t bytes, const std::function<void(const Irregular&)>& irregular) override;
  uint64_t line(size_t row) const override { return rows_at_[row].line; }
  size_t begin(size_t row) const override { return rows_at_[row].begin; }
  size_t end(size_t row) const override { return rows_at_[row].end; }
  void fields(size_t field, size_t first, size_t count, uint32_t* begins, uint32_t* lengths) const override;
  bool quoted(size_t field, size_t first, size_t count, uint8_t* flags) const override;

 private:
  struct Row {
    uint32_t line, begin, end;
  };
  struct Cursor;
  struct ReadField;
  ReadField read_field(Cursor& cursor) const;
  void undouble();

  const Kernels& kernels_;
  const size_t fields_;
  const std::string delimiter_;
  const WholeDelimiter whole_delimiter_;
  const char quote_;
  const char* text_ = nullptr;
  size_t bytes_ = 0, marks_ = 0;
  Array<uint32_t> positions_;  // of quotes, '\n' and first bytes of delimiters
  Array<uint32_t> begins_, lengths_;
  Array<uint8_t> quoted_;
  std::vector<Row> rows_at_;
  std::vector<size_t> doubled_;  // entries of fields that hold doubled quotes
  Block copy_;
};

}  // namespace segue::formats
