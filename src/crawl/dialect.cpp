#include "crawl/dialect.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/limits.h"
#include "crawl/look.h"

namespace segue::crawl {
namespace {

// What one dialect makes of the first rows.
struct Trial {
  Dialect dialect;
  size_t rows = 0;
  size_t columns = 0;             // of most rows
  size_t odd = 0;                 // rows with another number of fields, or quotes that are none
  size_t quoted = 0;              // fields
  size_t needed = 0;              // of these, those that had to be
  size_t quoted_columns = 0;      // columns with quotes around nearly all values
  size_t begins = 0;              // fields that begin with `"` or `'`, if there is no quote
  bool commas_in_numbers = true;  // every comma in a field stands between digits, and there is one

  // Nearly all rows are alike. Few rows may have one that is not: more than one in ten, but it takes three columns for
  // that not to be chance.
  bool regular() const { return rows != 0 && (odd * 10 <= rows || (odd == 1 && rows >= 5 && columns >= 3)); }
};

bool decimal_comma(std::string_view text) {
  size_t comma = text.find(',');
  auto digits = [](std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, [](char c) { return '0' <= c && c <= '9'; });
  };
  std::string_view whole = text.substr(0, comma);
  if (whole.starts_with('-')) whole.remove_prefix(1);
  return digits(whole) && digits(text.substr(comma + 1));
}

Trial attempt(std::string_view text, const Dialect& dialect) {
  Trial trial{.dialect = dialect};
  struct Column {
    size_t values = 0, quoted = 0;
  };
  std::vector<Column> columns;
  std::map<size_t, size_t> counts;  // rows by their number of fields
  size_t odd = 0;
  bool commas = false;
  RowView row;
  while (!text.empty() && trial.rows < limits::kCrawlDialectRows) {
    take_row(text, dialect, row);
    text.remove_prefix(row.bytes);
    if (row.blank) continue;
    ++trial.rows;
    if (row.unclosed || row.text_behind) {
      ++odd;
      continue;
    }
    ++counts[row.fields.size()];
    if (columns.size() < row.fields.size()) columns.resize(row.fields.size());
    for (size_t i = 0; i < row.fields.size(); ++i) {
      const FieldView& field = row.fields[i];
      columns[i].values += field.quoted || (!field.text.empty() && !spells_null(field.text));
      columns[i].quoted += field.quoted;
      trial.quoted += field.quoted;
      trial.needed += field.quoted && (field.doubled || field.text.find('\n') != std::string_view::npos ||
                                       field.text.find(dialect.delimiter) != std::string_view::npos);
      trial.begins += !field.quoted && (field.text.starts_with('"') || field.text.starts_with('\''));
      if (field.text.find(',') != std::string_view::npos) {
        commas = true;
        trial.commas_in_numbers &= decimal_comma(field.text);
      }
    }
  }
  size_t most = 0;
  for (auto [fields, rows] : counts) {
    if (rows < most) continue;
    most = rows;
    trial.columns = fields;
  }
  trial.odd = trial.rows - most;
  for (const Column& column : columns)
    trial.quoted_columns += column.quoted != 0 && column.quoted * 10 >= column.values * 9;
  trial.commas_in_numbers &= commas;
  return trial;
}

// With the quote that fits best, of those that are possible.
Trial best_quote(std::string_view text, std::string_view delimiter, const Given& given) {
  std::string cut(delimiter);
  if (given.quote) return attempt(text, {cut, *given.quote});
  Trial plain = attempt(text, {cut, std::nullopt});
  if (plain.begins == 0) return plain;
  bool usual = delimiter == "," || delimiter == ";";
  for (char quote : {'"', '\''}) {
    Trial trial = attempt(text, {cut, quote});
    bool rule = trial.needed != 0 || trial.quoted_columns != 0 || (usual && quote == '"' && trial.odd == 0);
    if (trial.quoted != 0 && rule && trial.regular() &&
        (!plain.regular() || trial.odd <= plain.odd || trial.quoted_columns != 0))
      return trial;
  }
  return plain;
}

std::string rows_text(const Trial& trial) {
  return fmt::format("{} of {} rows have {} field{}", trial.rows - trial.odd, trial.rows, trial.columns,
                     trial.columns == 1 ? "" : "s");
}

Cut cut_of(const Trial& trial, const Given& given) {
  Cut cut{trial.dialect, trial.columns, trial.quoted != 0 || trial.begins != 0, rows_text(trial)};
  // A comma within a value is quoted by whoever writes commas, though these rows have none.
  if (!given.quote && trial.dialect.delimiter == "," && !cut.quote_matters) cut.dialect.quote = '"';
  return cut;
}

}  // namespace

std::string delimiter_text(std::string_view delimiter) {
  if (delimiter == "\t") return "tab";
  if (delimiter == ",") return "comma";
  if (delimiter == ";") return "semicolon";
  std::string text;
  for (char c : delimiter) {
    auto byte = static_cast<uint8_t>(c);
    text += byte < 0x20 || byte > 0x7E ? fmt::format("\\x{:02X}", byte) : std::string(1, c);
  }
  return fmt::format("`{}`", text);
}

void take_row(std::string_view text, const Dialect& dialect, RowView& row) {
  row.fields.clear();
  row.unclosed = row.text_behind = false;
  for (size_t at = 0;;) {
    FieldView field;
    size_t behind = at;  // where the field's end is looked for
    if (dialect.quote && at < text.size() && text[at] == *dialect.quote) {
      size_t close = text.find(*dialect.quote, at + 1);
      while (close != std::string_view::npos && close + 1 < text.size() && text[close + 1] == *dialect.quote) {
        field.doubled = true;
        close = text.find(*dialect.quote, close + 2);
      }
      field.quoted = true;
      row.unclosed |= close == std::string_view::npos;
      close = std::min(close, text.size());
      field.text = text.substr(at + 1, close - at - 1);
      behind = std::min(close + 1, text.size());
    }
    size_t line = std::min(text.find('\n', behind), text.size());
    size_t end = std::min(text.substr(0, line).find(dialect.delimiter, behind), line);
    bool last = end == line;
    size_t field_end = last && end > behind && text[end - 1] == '\r' ? end - 1 : end;
    if (field.quoted) {
      row.text_behind |= field_end != behind;
    } else {
      field.text = text.substr(at, field_end - at);
    }
    row.fields.push_back(field);
    if (last) {
      row.bytes = std::min(line + 1, text.size());
      row.blank = row.fields.size() == 1 && !field.quoted && field.text.empty();
      return;
    }
    at = end + dialect.delimiter.size();
  }
}

std::optional<Cut> find_dialect(std::string_view rows, const Given& given, bool table_name, std::string& why_not) {
  rows = rows.substr(0, limits::kCrawlDialectBytes);
  if (size_t end = rows.rfind('\n'); end != std::string_view::npos && rows.size() == limits::kCrawlDialectBytes)
    rows = rows.substr(0, end + 1);
  if (given.delimiter) {
    Trial trial = best_quote(rows, *given.delimiter, given);
    if (trial.regular()) return cut_of(trial, given);
    why_not = fmt::format("cut at {}, only {}", delimiter_text(*given.delimiter), rows_text(trial));
    return std::nullopt;
  }
  std::string_view head = rows.substr(0, size_t{16} << 10);
  std::vector<Trial> regular;
  std::optional<Trial> nearest;
  for (std::string_view delimiter : kDelimiters) {
    if (head.find(delimiter) == std::string_view::npos) continue;
    Trial trial = best_quote(rows, delimiter, given);
    if (trial.columns >= 2 && trial.regular() && (table_name || trial.rows >= 3)) {
      regular.push_back(std::move(trial));
    } else if (!nearest || trial.rows - trial.odd > nearest->rows - nearest->odd) {
      nearest = std::move(trial);
    }
  }
  auto drop = [&](std::string_view delimiter) {
    std::erase_if(regular, [&](const Trial& trial) { return trial.dialect.delimiter == delimiter; });
  };
  auto has = [&](std::string_view delimiter) {
    return std::ranges::any_of(regular, [&](const Trial& trial) { return trial.dialect.delimiter == delimiter; });
  };
  if (has("||") && has("|")) {
    auto columns = [&](std::string_view delimiter) {
      auto at = [](const Trial& trial) -> std::string_view { return trial.dialect.delimiter; };
      return std::ranges::find(regular, delimiter, at)->columns;
    };
    // Then each of the single ones, but for those within values, is half of a double one.
    drop(columns("|") == 2 * columns("||") - 1 ? "|" : "||");
  }
  if (std::ranges::any_of(regular,
                          [](const Trial& trial) { return trial.dialect.delimiter != "," && trial.commas_in_numbers; }))
    drop(",");
  if (!regular.empty()) {
    auto better = [](const Trial& a, const Trial& b) {
      return std::pair(a.odd == 0, a.columns) < std::pair(b.odd == 0, b.columns);
    };
    return cut_of(*std::ranges::max_element(regular, better), given);
  }
  if (!nearest) {
    // One value a line. The delimiter may be any that no line has.
    Trial trial = best_quote(rows, table_name ? "," : "\t", given);
    if (trial.regular() && trial.columns == 1 && trial.rows >= (table_name ? 1 : 3)) {
      trial.columns = 1;
      Cut cut = cut_of(trial, given);
      cut.why = "no line has any of the usual delimiters";
      return cut;
    }
    why_not = "no delimiter, and too few lines to tell a list from a text";
    return std::nullopt;
  }
  why_not = fmt::format("no delimiter cuts its lines alike; with {}, the nearest, {}",
                        delimiter_text(nearest->dialect.delimiter), rows_text(*nearest));
  return std::nullopt;
}

}  // namespace segue::crawl
