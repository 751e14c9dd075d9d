// The rows of one file: each value votes for what it is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "base/cancellation.h"
#include "crawl/look.h"
#include "formats/byte_source.h"
#include "formats/row_stream.h"

namespace segue::crawl {

// How a text that begins with a bracket is to be read.
struct JsonForm {
  definition::FormatType type = definition::FormatType::kJson;
  std::string why;
  bool one_object = false;    // on one line, and nothing more
  std::string problem, hint;  // it can't be read either way
};
// REQUIRES: the head, which ends with the file unless it is cut off, begins with a bracket.
JsonForm json_form(std::string_view head, bool cut_off);

// Not thread-safe.
class RowReader {
 public:
  explicit RowReader(const Cancellation& cancellation) : cancellation_(cancellation) {}

  // Reads rows as look.cut has them.
  void delimited(Look& look, const formats::InputFile& file, std::unique_ptr<formats::ByteSource> bytes,
                 uint32_t number, const Given& given);
  // Reads rows as look.type has them. If most are bad it is no JSON, and look.reason says why.
  void json(Look& look, const formats::InputFile& file, std::unique_ptr<formats::ByteSource> bytes, uint32_t number,
            const Given& given);

 private:
  using Window = formats::LineReader::Window;

  // Calls read(window, lines before it) for the windows of whole rows that are to be looked at.
  void for_windows(Look& look, formats::RowStream& rows, const Given& given,
                   const std::function<uint64_t(std::string_view text, const Window& window, uint64_t lines)>& read);
  uint64_t delimited_rows(Look& look, std::string_view text, uint64_t lines, uint32_t number, const Given& given);
  void delimited_row(Look& look, uint64_t line, uint32_t number, const Given& given);
  void json_row(Look& look, std::string_view text, uint64_t line, uint32_t number, const Given& given);

  const Cancellation& cancellation_;
  formats::RowBlock block_;
  RowView row_;
  simdjson::ondemand::parser parser_;
  std::vector<size_t> scratch_;
  uint64_t objects_ = 0;
};

}  // namespace segue::crawl
