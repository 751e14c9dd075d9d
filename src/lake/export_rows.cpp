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
  bool quote = text.empty() || text.front() == ' ' || text.back() == ' ' ||
               text.find_first_of(",\"\n\r") != std::string_view::npos;
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

void append_json_row(std::string& out, const std::vector<Field>& fields, const Batch& batch, size_t row) {
  out += '{';
  for (size_t column = 0; column < fields.size(); ++column) {
    if (column != 0) out += ',';
    append_json_text(out, fields[column].name);
    out += ':';
    append_json(out, value_at(batch.columns[column], row));
  }
  out += '}';
}

// Text on its way to the file: add to `text`, and call row_ends() after each row.
class Pieces {
 public:
  Pieces(const storage::WritePiece& write, const Cancellation* cancellation)
      : write_(write), cancellation_(cancellation) {}

  std::string text;

  void row_ends() {
    if (text.size() >= kPiece) hand_on();
  }
  void hand_on() {
    if (cancellation_ != nullptr) cancellation_->check();
    write_(text);
    text.clear();
  }

 private:
  static constexpr size_t kPiece = size_t{1} << 20;
  const storage::WritePiece& write_;
  const Cancellation* cancellation_;
};

void write_json(const Relation& rows, Pieces& pieces) {
  std::string& out = pieces.text;
  out = "[";
  bool first = true;
  for (const Batch& batch : rows.batches) {
    for (size_t row = 0; row < batch.rows; ++row) {
      out += first ? "\n" : ",\n";
      first = false;
      append_json_row(out, rows.fields, batch, row);
      pieces.row_ends();
    }
  }
  out += "\n]\n";
  pieces.hand_on();
}

void write_table(const Relation& rows, char separator, void (*append)(std::string&, std::string_view),
                 std::string_view null, Pieces& pieces) {
  std::string& out = pieces.text;
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
      pieces.row_ends();
    }
  }
  pieces.hand_on();
}

}  // namespace

void write_rows(ExportFormat format, const Relation& rows, const storage::WritePiece& write,
                const Cancellation* cancellation) {
  Pieces pieces(write, cancellation);
  switch (format) {
    case ExportFormat::kTsv: return write_table(rows, '\t', append_tsv, "\\N", pieces);
    case ExportFormat::kCsv: return write_table(rows, ',', append_csv, "", pieces);
    case ExportFormat::kJson: return write_json(rows, pieces);
  }
  fail(ErrorCode::kInternal, "no such export format");
}

std::string json_of_row(const std::vector<Field>& fields, const Batch& batch, size_t row) {
  std::string out;
  append_json_row(out, fields, batch, row);
  return out;
}

}  // namespace segue::lake
