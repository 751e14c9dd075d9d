#include "lake/export_rows.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "columns/value.h"

namespace segue::lake {
namespace {

void append_tsv(std::string& out, std::string_view text) {
  for (char c : text) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      default: out += c;
    }
  }
}

void append_csv(std::string& out, std::string_view text) {
  bool quote = text.empty() || text.front() == ' ' || text.back() == ' ' || text.find_first_of(",\"\n\r") != std::string_view::npos;
  if (!quote) {
    out += text;
    return;
  }
  out += '"';
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void append_json_text(std::string& out, const std::string& text) {
  out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_json(std::string& out, const Value& value) {
  if (value.null()) {
    out += "null";
    return;
  }
  switch (value.type.id) {
    case TypeId::kTinyint:
    case TypeId::kSmallint:
    case TypeId::kInteger:
    case TypeId::kBigint:
    case TypeId::kDecimal: out += to_string(value); return;
    case TypeId::kBoolean: out += std::get<int64_t>(value.data) != 0 ? "true" : "false"; return;
    case TypeId::kFloat:
    case TypeId::kDouble:
      if (std::isfinite(std::get<double>(value.data)))
        out += to_string(value);
      else
        append_json_text(out, to_string(value));
      return;
    case TypeId::kList: {
      out += '[';
      const auto& elements = std::get<std::vector<Value>>(value.data);
      for (size_t i = 0; i < elements.size(); ++i) {
        if (i != 0) out += ',';
        append_json(out, elements[i]);
      }
      out += ']';
      return;
    }
    case TypeId::kStruct: {
      out += '{';
      const auto& members = std::get<std::vector<Value>>(value.data);
      for (size_t i = 0; i < members.size(); ++i) {
        if (i != 0) out += ',';
        append_json_text(out, value.type.fields[i].name);
        out += ':';
        append_json(out, members[i]);
      }
      out += '}';
      return;
    }
    default: append_json_text(out, to_string(value));
  }
}

std::string json_text(const Relation& rows) {
  std::string out = "[";
  bool first = true;
  for (const Batch& batch : rows.batches) {
    for (size_t row = 0; row < batch.rows; ++row) {
      out += first ? "\n{" : ",\n{";
      first = false;
      for (size_t column = 0; column < rows.fields.size(); ++column) {
        if (column != 0) out += ',';
        append_json_text(out, rows.fields[column].name);
        out += ':';
        append_json(out, value_at(batch.columns[column], row));
      }
      out += '}';
    }
  }
  return out + "\n]\n";
}

std::string table_text(const Relation& rows, char separator, void (*append)(std::string&, std::string_view), std::string_view null) {
  std::string out;
  for (size_t column = 0; column < rows.fields.size(); ++column) {
    if (column != 0) out += separator;
    append(out, rows.fields[column].name);
  }
  out += '\n';
  for (const Batch& batch : rows.batches) {
    for (size_t row = 0; row < batch.rows; ++row) {
      for (size_t column = 0; column < rows.fields.size(); ++column) {
        if (column != 0) out += separator;
        const Column& values = batch.columns[column];
        if (!values.is_valid(row))
          out += null;
        else if (values.type.id == TypeId::kVarchar)
          append(out, values.text(row));
        else
          append(out, to_string(value_at(values, row)));
      }
      out += '\n';
    }
  }
  return out;
}

}  // namespace

std::string export_text(ExportFormat format, const Relation& rows) {
  switch (format) {
    case ExportFormat::kTsv: return table_text(rows, '\t', append_tsv, "\\N");
    case ExportFormat::kCsv: return table_text(rows, ',', append_csv, "");
    case ExportFormat::kJson: return json_text(rows);
  }
  fail(ErrorCode::kInternal, "no such export format");
}

}  // namespace segue::lake
