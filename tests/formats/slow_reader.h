// Delimited text read the slow way, byte by byte: what the scanner is compared with.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "formats/convert.h"
#include "formats/scan_helpers.h"
#include "formats/values.h"

namespace segue::formats {

struct Expected {
  std::vector<TextRow> rows;
  std::vector<BadRow> bad;
};

// One value the slow way; a reason if it is bad. Only for the types of the tests.
inline std::string read_value(const Type& type, const std::string& text, std::optional<std::string>& value) {
  std::string reason = explain(type, text);
  if (!reason.empty()) return reason;
  int64_t number = 0;
  if (type.id == TypeId::kVarchar) {
    value = text;
  } else if (type.id == TypeId::kBigint) {
    parse_integer(text, INT64_MIN, INT64_MAX, number);
    value = std::to_string(number);
  } else {
    parse_timestamp(text, number);
    value = to_string(Value{TypeId::kTimestamp, number});
  }
  return "";
}

// A row the slow way.
struct SlowRow {
  struct SlowField {
    std::string text;
    bool quoted = false;
  };
  std::vector<SlowField> fields;
  std::string problem;
  size_t end = 0;  // behind its '\n'
};

inline SlowRow read_row(const DelimitedSource& source, const std::string& content, size_t at) {
  SlowRow row;
  while (true) {
    SlowRow::SlowField field;
    std::string number = std::to_string(row.fields.size() + 1);
    bool line_end = false;
    if (source.quote && at < content.size() && content[at] == *source.quote) {
      field.quoted = true;
      bool closed = false;
      for (++at; at < content.size() && !closed; ++at) {
        if (content[at] != *source.quote) {
          field.text += content[at];
        } else if (at + 1 < content.size() && content[at + 1] == *source.quote) {
          field.text += content[at++];
        } else {
          closed = true;
        }
      }
      if (!closed && row.problem.empty()) row.problem = "the quote that opens field " + number + " is never closed";
    }
    std::string rest;  // of a quoted field: what is behind
    while (true) {
      line_end = at == content.size() || content[at] == '\n';
      if (line_end || content.compare(at, source.delimiter.size(), source.delimiter) == 0) break;
      rest += content[at++];
    }
    if (line_end && rest.ends_with('\r')) rest.pop_back();
    if (!field.quoted) {
      field.text = rest;
    } else if (!rest.empty() && row.problem.empty()) {
      row.problem = "text behind the closing quote of field " + number;
    }
    row.fields.push_back(field);
    if (line_end) {
      row.end = std::min(at + 1, content.size());
      break;
    }
    at += source.delimiter.size();
  }
  size_t columns = source.fields.size();
  if (row.problem.empty() && row.fields.size() != columns)
    row.problem = std::to_string(columns) + " fields expected, " + std::to_string(row.fields.size()) + " found";
  return row;
}

inline std::string slow_utf8(const DelimitedSource& source, const std::string& text) {
  if (source.encoding == Encoding::kUtf8) return text;
  std::string utf8;
  for (char c : text) {
    auto code = static_cast<unsigned char>(c);
    if (code >= 0xC0) utf8 += '\xC3';
    if (code >= 0x80 && code < 0xC0) utf8 += '\xC2';
    utf8 += code >= 0xC0 ? static_cast<char>(code - 0x40) : c;
  }
  return utf8;
}

inline void read_file(const DelimitedSource& source, const std::string& path, const std::string& content,
                      Expected& expected) {
  size_t at = content.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  for (uint64_t line = 1, lines = 0; at < content.size(); line += lines) {
    SlowRow row = read_row(source, content, at);
    size_t begin = at;
    at = row.end;
    lines = static_cast<uint64_t>(std::count(content.begin() + static_cast<ptrdiff_t>(begin),
                                             content.begin() + static_cast<ptrdiff_t>(at), '\n'));
    if (source.header && line == 1) continue;
    const SlowRow::SlowField& first = row.fields[0];
    if (source.fields.size() > 1 && row.fields.size() == 1 && first.text.empty() && !first.quoted) continue;
    TextRow values(source.fields.size());
    std::string reason = row.problem;
    for (size_t i = 0; i < row.fields.size() && reason.empty(); ++i) {
      const SlowRow::SlowField& field = row.fields[i];
      if (field.text.empty() && !field.quoted) continue;
      reason = read_value(source.fields[i].type, slow_utf8(source, field.text), values[i]);
      if (!reason.empty()) reason = source.fields[i].name + ": " + reason;
    }
    if (reason.empty()) {
      expected.rows.push_back(std::move(values));
    } else {
      expected.bad.push_back({source.name, path, line, begin, std::move(reason), ""});
    }
  }
}

inline void expect_equal(const Expected& expected, const Scanned& result) {
  ASSERT_EQ(result.rows.size(), expected.rows.size());
  for (size_t i = 0; i < expected.rows.size(); ++i) ASSERT_EQ(result.rows[i], expected.rows[i]) << "row " << i;
  ASSERT_EQ(result.bad.size(), expected.bad.size());
  for (size_t i = 0; i < expected.bad.size(); ++i) {
    ASSERT_EQ(result.bad[i].file, expected.bad[i].file);
    ASSERT_EQ(result.bad[i].line, expected.bad[i].line);
    ASSERT_EQ(result.bad[i].offset, expected.bad[i].offset);
    ASSERT_EQ(result.bad[i].reason, expected.bad[i].reason);
  }
}

}  // namespace segue::formats
