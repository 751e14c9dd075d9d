#include "lake/rows.h"

#include <arrow/array.h>
#include <arrow/io/file.h>
#include <arrow/scalar.h>
#include <arrow/table.h>
#include <parquet/arrow/reader.h>

#include "storage/arrow_status.h"
#include "storage/store.h"

namespace segue::lake {
namespace {

// A Parquet value as our Value of the same meaning, so that both sides print alike.
Value from_scalar(const arrow::Scalar& scalar);

Value with(Type type, const arrow::Scalar& scalar, Value::Data data) {
  return {std::move(type), scalar.is_valid ? std::move(data) : Value::Data{}};
}

Value from_scalar(const arrow::Scalar& scalar) {
  using arrow::Type;
  switch (scalar.type->id()) {
    case Type::BOOL:
      return with(TypeId::kBoolean, scalar, int64_t{static_cast<const arrow::BooleanScalar&>(scalar).value});
    case Type::INT8:
      return with(TypeId::kTinyint, scalar, int64_t{static_cast<const arrow::Int8Scalar&>(scalar).value});
    case Type::INT16:
      return with(TypeId::kSmallint, scalar, int64_t{static_cast<const arrow::Int16Scalar&>(scalar).value});
    case Type::INT32:
      return with(TypeId::kInteger, scalar, int64_t{static_cast<const arrow::Int32Scalar&>(scalar).value});
    case Type::INT64: return with(TypeId::kBigint, scalar, static_cast<const arrow::Int64Scalar&>(scalar).value);
    case Type::FLOAT: return with(TypeId::kFloat, scalar, double{static_cast<const arrow::FloatScalar&>(scalar).value});
    case Type::DOUBLE: return with(TypeId::kDouble, scalar, static_cast<const arrow::DoubleScalar&>(scalar).value);
    case Type::DATE32:
      return with(TypeId::kDate, scalar, int64_t{static_cast<const arrow::Date32Scalar&>(scalar).value});
    case Type::TIMESTAMP:
      return with(TypeId::kTimestamp, scalar, static_cast<const arrow::TimestampScalar&>(scalar).value);
    case Type::DECIMAL128: {
      const auto& type = static_cast<const arrow::Decimal128Type&>(*scalar.type);
      segue::Type ours =
          segue::Type::decimal(static_cast<uint8_t>(type.precision()), static_cast<uint8_t>(type.scale()));
      if (!scalar.is_valid) return {ours, {}};
      arrow::Decimal128 decimal = static_cast<const arrow::Decimal128Scalar&>(scalar).value;
      Int128 value =
          static_cast<Int128>(static_cast<unsigned __int128>(decimal.high_bits()) << 64 | decimal.low_bits());
      return ours.wide_decimal() ? Value{ours, value} : Value{ours, static_cast<int64_t>(value)};
    }
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::BINARY:
    case Type::LARGE_BINARY: {
      bool text = scalar.type->id() == Type::STRING || scalar.type->id() == Type::LARGE_STRING;
      const auto& binary = static_cast<const arrow::BaseBinaryScalar&>(scalar);
      return with(text ? TypeId::kVarchar : TypeId::kBlob, scalar,
                  scalar.is_valid ? binary.value->ToString() : std::string());
    }
    case Type::LIST:
    case Type::LARGE_LIST: {
      std::vector<Value> values;
      const auto& elements = static_cast<const arrow::BaseListScalar&>(scalar).value;
      segue::Type element =
          from_scalar(*arrow::MakeNullScalar(static_cast<const arrow::BaseListType&>(*scalar.type).value_type())).type;
      for (int64_t i = 0; scalar.is_valid && i < elements->length(); ++i)
        values.push_back(from_scalar(**elements->GetScalar(i)));
      return with(segue::Type::list(element), scalar, std::move(values));
    }
    case Type::STRUCT: {
      std::vector<Value> values;
      std::vector<Field> fields;
      for (const auto& field : scalar.type->fields())
        fields.push_back({field->name(), from_scalar(*arrow::MakeNullScalar(field->type())).type});
      for (const auto& value : static_cast<const arrow::StructScalar&>(scalar).value)
        if (scalar.is_valid) values.push_back(from_scalar(*value));
      return with(segue::Type::structure(fields), scalar, std::move(values));
    }
    default: return {TypeId::kVarchar, scalar.ToString()};
  }
}

void append(std::string& line, bool first, const Value& value) {
  if (!first) line += '|';
  line += to_string(value);
}

struct Strings {
  std::vector<std::optional<std::string>> texts;
  std::vector<std::string_view> views;
  std::vector<uint8_t> valid;
};

}  // namespace

TemporaryFolder::TemporaryFolder()
    : path_((std::filesystem::temp_directory_path() / ("segue-" + storage::unique_id())).string()) {
  std::filesystem::create_directories(path_);
}
TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

Value integer(int64_t value, Type type) { return {std::move(type), value}; }
Value real(double value, Type type) { return {std::move(type), value}; }
Value text(const std::string& value, Type type) { return {std::move(type), value}; }
Value null(Type type) { return {std::move(type), {}}; }
Value list(Type element, std::vector<Value> values) { return {Type::list(std::move(element)), std::move(values)}; }
Value structure(std::vector<Field> fields, std::vector<Value> values) {
  return {Type::structure(std::move(fields)), std::move(values)};
}
Value timestamp(int64_t micros) { return {TypeId::kTimestamp, micros}; }

Relation relation(std::vector<Field> fields, const std::vector<std::vector<Value>>& rows) {
  Relation result{std::move(fields), {}};
  for (const std::vector<Value>& row : rows) {
    Batch batch;
    batch.rows = 1;
    for (const Value& value : row) batch.columns.push_back(constant_column(value));
    result.batches.push_back(std::move(batch));
  }
  return result;
}

Column coded_column(const std::shared_ptr<Dictionary>& dictionary,
                    const std::vector<std::optional<std::string>>& values) {
  std::vector<uint32_t> codes;
  for (const auto& value : values) codes.push_back(value ? dictionary->intern(*value) : 0);
  Column column = fixed_column<uint32_t>(TypeId::kVarchar, codes);
  column.dictionary = dictionary;
  return column;
}

Column text_column(const std::vector<std::optional<std::string>>& values) {
  auto memory = std::make_shared<Strings>();
  memory->texts = values;
  for (const auto& value : memory->texts) {
    memory->views.push_back(value ? std::string_view(*value) : std::string_view());
    memory->valid.push_back(value.has_value());
  }
  Column column;
  column.type = TypeId::kVarchar;
  column.values = memory->views.data();
  column.valid = memory->valid.data();
  column.owner = memory;
  return column;
}

Column list_column(const std::vector<uint64_t>& offsets, Column elements, const std::vector<uint8_t>& valid) {
  Column column = fixed_column<uint64_t>(Type::list(elements.type), offsets, valid);
  column.children.push_back(std::move(elements));
  return column;
}

Column struct_column(std::vector<Field> fields, std::vector<Column> children, const std::vector<uint8_t>& valid) {
  Column column = fixed_column<uint8_t>(Type::structure(std::move(fields)), {}, valid);
  column.values = nullptr;
  column.children = std::move(children);
  return column;
}

std::vector<std::string> read_rows(const std::vector<std::string>& files) {
  std::vector<std::string> lines;
  for (const std::string& path : files) {
    auto input = storage::check(arrow::io::ReadableFile::Open(path), "open", path);
    auto reader = storage::check(parquet::arrow::OpenFile(input, arrow::default_memory_pool()), "read", path);
    std::shared_ptr<arrow::Table> table = storage::check(reader->ReadTable(), "read", path);
    for (int64_t row = 0; row < table->num_rows(); ++row) {
      std::string line;
      for (int column = 0; column < table->num_columns(); ++column)
        append(line, column == 0, from_scalar(*storage::check(table->column(column)->GetScalar(row), "read", path)));
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

std::vector<std::string> print_rows(const Relation& rows) {
  std::vector<std::string> lines;
  for (const Batch& batch : rows.batches) {
    for (size_t row = 0; row < batch.rows; ++row) {
      std::string line;
      for (size_t column = 0; column < batch.columns.size(); ++column)
        append(line, column == 0, value_at(batch.columns[column], row));
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

}  // namespace segue::lake
