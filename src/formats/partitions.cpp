#include "formats/partitions.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/clean_text.h"
#include "base/error.h"
#include "base/utf8.h"
#include "formats/convert.h"
#include "formats/values.h"

namespace segue::formats {
namespace {

template <class T>
std::optional<Value> integer(const Type& type, std::string_view text) {
  int64_t value = 0;
  if (parse_integer(text, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), value) != Parsed::kOk)
    return std::nullopt;
  return Value{type, value};
}

// Text of the folder `name=…` that lies nearest to the file; nothing if there is none.
std::optional<std::string> text_in_path(std::string_view path, const std::string& name) {
  std::optional<std::string> found;
  for (size_t begin = 0, end = 0; (end = path.find('/', begin)) != std::string_view::npos; begin = end + 1) {
    std::string_view folder = path.substr(begin, end - begin);
    size_t equals = folder.find('=');
    if (equals != std::string_view::npos && percent_decoded(folder.substr(0, equals)) == name)
      found = folder.substr(equals + 1);
  }
  return found;
}

class PartitionedScanner final : public Scanner {
 public:
  PartitionedScanner(const PartitionedColumns& columns, std::unique_ptr<Scanner> inner)
      : values_(columns.values), inner_(std::move(inner)) {
    size_t of_files = 0;
    for (size_t column : columns.columns) {
      fields_.push_back(columns.fields.at(column));
      auto told = std::ranges::lower_bound(columns.partitions, column);
      bool partition = told != columns.partitions.end() && *told == column;
      outputs_.push_back({partition, partition ? static_cast<size_t>(told - columns.partitions.begin()) : of_files++});
    }
  }

  size_t morsels() const override { return inner_->morsels(); }
  uint64_t bytes() const override { return inner_->bytes(); }
  const std::vector<Field>& fields() const override { return fields_; }
  size_t file(size_t morsel) const override { return inner_->file(morsel); }
  void scan(size_t worker, size_t morsel, const std::function<void(Batch&&)>& emit) override {
    const std::vector<Value>& values = values_.at(inner_->file(morsel));
    std::vector<Column> told;
    for (const Value& value : values) told.push_back(constant_column(value));
    inner_->scan(worker, morsel, [&](Batch&& batch) {
      std::vector<Column> columns;
      columns.reserve(outputs_.size());
      for (const Output& output : outputs_)
        columns.push_back(output.partition ? told[output.at] : std::move(batch.columns[output.at]));
      batch.columns = std::move(columns);
      emit(std::move(batch));
    });
  }
  void finish() override { inner_->finish(); }
  std::vector<BadRow> take_bad_rows() override { return inner_->take_bad_rows(); }

 private:
  struct Output {
    bool partition;
    size_t at;  // among the partitions, or the columns of the files
  };
  const std::vector<std::vector<Value>> values_;
  std::unique_ptr<Scanner> inner_;
  std::vector<Field> fields_;
  std::vector<Output> outputs_;
};

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    uint8_t value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      result += static_cast<char>(value);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

bool partition_type(const Type& type) { return readable(type); }

std::optional<Value> partition_value(const Type& type, const std::optional<std::string>& text) {
  if (!text || text->empty()) return Value{type, {}};
  auto parsed = [&](Parsed outcome, Value::Data data) {
    return outcome == Parsed::kOk ? std::optional(Value{type, std::move(data)}) : std::nullopt;
  };
  switch (type.id) {
    case TypeId::kVarchar: return clean_text(*text) ? std::optional(Value{type, *text}) : std::nullopt;
    case TypeId::kTinyint: return integer<int8_t>(type, *text);
    case TypeId::kSmallint: return integer<int16_t>(type, *text);
    case TypeId::kInteger: return integer<int32_t>(type, *text);
    case TypeId::kBigint: return integer<int64_t>(type, *text);
    case TypeId::kBoolean: {
      uint8_t value = 0;
      Parsed outcome = parse_boolean(*text, value);
      return parsed(outcome, int64_t{value});
    }
    case TypeId::kFloat: {
      float value = 0;
      Parsed outcome = parse_float(*text, value);
      return parsed(outcome, double{value});
    }
    case TypeId::kDouble: {
      double value = 0;
      Parsed outcome = parse_double(*text, value);
      return parsed(outcome, value);
    }
    case TypeId::kDate: {
      int32_t days = 0;
      Parsed outcome = parse_date(*text, days);
      return parsed(outcome, int64_t{days});
    }
    case TypeId::kTimestamp: {
      int64_t micros = 0;
      Parsed outcome = parse_timestamp(*text, micros);
      return parsed(outcome, micros);
    }
    case TypeId::kDecimal: {
      Int128 value = 0;
      Parsed outcome = parse_decimal(*text, type.width, type.scale, value);
      return type.wide_decimal() ? parsed(outcome, value) : parsed(outcome, static_cast<int64_t>(value));
    }
    default: return std::nullopt;
  }
}

std::vector<Value> values_in_path(const std::string& path, const std::vector<Field>& columns) {
  auto fail_at = [&](std::string message, std::string hint) {
    throw Failure(Error{ErrorCode::kData, std::move(message), {path, 0, 0, 0}, std::move(hint)});
  };
  std::vector<Value> values;
  for (const Field& column : columns) {
    std::optional<std::string> folder = text_in_path(path, column.name);
    if (!folder) {
      fail_at(fmt::format("no folder {}=… stands above {}", column.name, path),
              "`partitions` names columns that the folders of all files tell");
    }
    std::optional<std::string> text;
    if (*folder != kNullPartition) text = percent_decoded(*folder);
    std::optional<Value> value = partition_value(column.type, text);
    if (!value) {
      fail_at(fmt::format("the folder {}={} above {}: {}", column.name, printable_utf8(*folder), path,
                          explain(column.type, *text)),
              "rename the folder, or declare the column with a type that its values fit");
    }
    values.push_back(std::move(*value));
  }
  return values;
}

std::unique_ptr<Scanner> open_partitioned(const PartitionedColumns& columns,
                                          const std::function<std::unique_ptr<Scanner>(const FileColumns&)>& open) {
  FileColumns files;
  std::vector<size_t> place(columns.fields.size());  // among the files' columns
  for (size_t i = 0; i < columns.fields.size(); ++i) {
    if (std::ranges::binary_search(columns.partitions, i)) continue;
    place[i] = files.fields.size();
    files.fields.push_back(columns.fields[i]);
  }
  auto of_files = [&](const std::vector<size_t>& from, std::vector<size_t>& to) {
    for (size_t column : from)
      if (!std::ranges::binary_search(columns.partitions, column)) to.push_back(place.at(column));
  };
  of_files(columns.columns, files.columns);
  of_files(columns.used, files.used);
  std::unique_ptr<Scanner> inner = open(files);
  if (columns.partitions.empty()) return inner;
  return std::make_unique<PartitionedScanner>(columns, std::move(inner));
}

}  // namespace segue::formats
