#include "crawl/look_rows.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "base/clean_text.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/simd.h"
#include "base/utf8.h"
#include "formats/convert.h"
#include "formats/json_values.h"
#include "formats/kernels.h"
#include "formats/row_ends.h"

namespace segue::crawl {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr size_t kWindowBytes = size_t{64} << 10;

// Of compressed files fewer bytes are read: they become many.
constexpr uint64_t kUnpacked = 4;

std::string undoubled(const FieldView& field, std::optional<char> quote) {
  std::string text;
  for (size_t i = 0; i < field.text.size(); ++i) {
    text += field.text[i];
    if (field.doubled && field.text[i] == quote) ++i;
  }
  return text;
}

std::string too_long() { return fmt::format("the row is longer than {} MiB", limits::kRowBytes >> 20); }

std::string explain_odd(const RowView& row, size_t columns) {
  if (row.unclosed) return "a quote is never closed";
  if (row.text_behind) return "text behind a closing quote";
  return fmt::format("{} fields expected, {} found", columns, row.fields.size());
}

void see_shape(TextShape& shape, std::string_view text) {
  ++shape.values;
  shape.with_digit += std::ranges::any_of(text, [](char c) { return '0' <= c && c <= '9'; });
  shape.with_capital += std::ranges::any_of(text, [](char c) { return 'A' <= c && c <= 'Z'; });
  shape.shortest = std::min(shape.shortest, text.size());
  shape.longest = std::max(shape.longest, text.size());
}

// How the bytes of a row that is not ASCII go together as UTF-8.
void see_encoding(Look& look, std::string_view row, uint64_t line) {
  uint64_t before = look.not_utf8;
  for (size_t at = 0; at < row.size();) {
    auto byte = static_cast<uint8_t>(row[at]);
    if (byte < 0x80) {
      ++at;
      continue;
    }
    size_t length = utf8_length(row, at);
    look.characters += length != 0;
    look.not_utf8 += length == 0;
    look.c1_bytes |= length == 0 && byte < 0xA0;
    at += std::max<size_t>(length, 1);
  }
  if (look.not_utf8 != before)
    look.not_utf8_lines.add(line, fmt::format("byte {} of the row is not UTF-8", invalid_utf8(row) + 1));
}

}  // namespace

void RowReader::for_windows(
    Look& look, formats::RowStream& rows, const Given& given,
    const std::function<uint64_t(std::string_view text, const Window& window, uint64_t lines)>& read) {
  uint64_t limit = look.gzip ? limits::kCrawlBytes / kUnpacked : limits::kCrawlBytes;
  uint64_t lines = 0, until = 0;
  bool some = false;
  while (until < look.bytes) {
    if (some && !given.whole) {
      look.whole = false;
      return;
    }
    cancellation_.check();
    until = std::min(until + limit, look.bytes);
    rows.next(until, block_);
    for (size_t i = 0; i < block_.windows(); ++i) {
      Window window = block_.window(i);
      std::string_view text(window.text, window.bytes);
      if (window.offset == 0 && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
      some = true;
      if (window.endless) {
        look.bad.add(lines + 1, too_long());
        lines += window.lines;
      } else if (window.problem != nullptr) {
        look.bad.add(lines + 1, window.problem);
      } else if (!text.empty()) {
        lines += read(text, window, lines);
      }
    }
  }
}

void RowReader::delimited(Look& look, const formats::InputFile& file, std::unique_ptr<formats::ByteSource> bytes,
                          uint32_t number, const Given& given) {
  look.columns.resize(look.cut.columns);
  look.shapes.resize(look.cut.columns);
  auto finder = [dialect = look.cut.dialect]() -> std::unique_ptr<formats::RowFinder> {
    if (!dialect.quote) return std::make_unique<formats::LineEnds>();
    return std::make_unique<formats::RowEnds>(formats::kernels(simd::level()), dialect.delimiter, *dialect.quote);
  };
  formats::RowStream rows(std::move(bytes), finder, file.size, kWindowBytes);
  for_windows(look, rows, given, [&](std::string_view text, const Window&, uint64_t lines) {
    return delimited_rows(look, text, lines, number, given);
  });
  look.state = Look::State::kRows;
}

// The rows of a window; returns its lines.
uint64_t RowReader::delimited_rows(Look& look, std::string_view text, uint64_t lines, uint32_t number,
                                   const Given& given) {
  const size_t columns = look.cut.columns;
  uint64_t line = lines + 1;
  while (!text.empty()) {
    take_row(text, look.cut.dialect, row_);
    std::string_view row = text.substr(0, row_.bytes);
    text.remove_prefix(row_.bytes);
    uint64_t here = line;
    line += look.cut.dialect.quote ? static_cast<uint64_t>(std::ranges::count(row, '\n')) : 1;
    if (row_.blank && columns != 1) {
      look.blank_first |= here == 1;
      continue;
    }
    bool odd = row_.unclosed || row_.text_behind || row_.fields.size() != columns;
    bool first = look.first_row.empty() && look.rows == 0 && look.bad.count == 0;
    if (row.size() > limits::kRowBytes) {
      look.bad.add(here, too_long());
      continue;
    }
    if (odd) {
      look.bad.add(here, explain_odd(row_, columns));
      continue;
    }
    if (!plain_ascii(row)) {
      if (row.find('\0') != std::string_view::npos) look.nul_lines.add(here, "a NUL byte");
      see_encoding(look, row, here);
    }
    if (first) {
      look.first_line = here;
      for (const FieldView& field : row_.fields) {
        HeaderCell& cell = look.first_row.emplace_back();
        cell.text = undoubled(field, look.cut.dialect.quote);
        cell.null = field.text.empty() && !field.quoted;
        if (!cell.null) cell.kind = field.quoted ? kind_of_quoted(field.text) : kind_of_field(field.text);
      }
      continue;
    }
    delimited_row(look, here, number, given);
  }
  return line - lines - 1;
}

// One row that is as it should be: row_.
void RowReader::delimited_row(Look& look, uint64_t line, uint32_t number, const Given& given) {
  ++look.rows;
  for (size_t i = 0; i < row_.fields.size(); ++i) {
    const FieldView& field = row_.fields[i];
    Evidence& column = look.columns[i];
    bool spelled = given.nulls && !field.quoted && std::ranges::find(*given.nulls, field.text) != given.nulls->end();
    if ((field.text.empty() && !field.quoted) || spelled) {
      column.see_null();
      continue;
    }
    Kind kind = field.quoted || given.nulls ? kind_of_quoted(field.text) : kind_of_field(field.text);
    column.see(kind, field.text, {number, line});
    if (look.rows <= limits::kCrawlDialectRows) {
      see_shape(look.shapes[i], field.text);
      if (!look.first_row.empty() && field.text == look.first_row[i].text) look.first_row[i].repeated = true;
    }
    if (i < given.columns.size() && column.fits() && given.columns[i].type.id != TypeId::kVarchar) {
      std::string reason = formats::explain(given.columns[i].type, field.text);
      if (!reason.empty()) column.see_misfit(std::move(reason), {number, line});
    }
  }
}

}  // namespace segue::crawl
