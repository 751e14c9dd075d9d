#include "engine/duckdb_oracle.h"

#include <cstring>
#include <stdexcept>

#include "duckdb/types.h"

namespace segue::test {
namespace {

// The type whose bytes a DECIMAL has in DuckDB.
TypeId storage(const Type& type) {
  if (type.id == TypeId::kDate) return TypeId::kInteger;
  if (type.id == TypeId::kTimestamp) return TypeId::kBigint;
  if (type.id != TypeId::kDecimal) return type.id;
  return type.width <= 4    ? TypeId::kSmallint
         : type.width <= 9  ? TypeId::kInteger
         : type.width <= 18 ? TypeId::kBigint
                            : TypeId::kHugeint;
}

template <class T>
void put(void* data, idx_t row, T value) {
  std::memcpy(static_cast<char*>(data) + row * sizeof(T), &value, sizeof(T));
}
template <class T>
T get(void* data, idx_t row) {
  T value;
  std::memcpy(&value, static_cast<char*>(data) + row * sizeof(T), sizeof(T));
  return value;
}

void write(duckdb_vector vector, const Type& type, idx_t row, const Value& value) {
  if (value.null()) {
    duckdb_vector_ensure_validity_writable(vector);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
    if (type.id == TypeId::kStruct) {
      for (size_t i = 0; i < type.fields.size(); ++i)
        write(duckdb_struct_vector_get_child(vector, i), type.fields[i].type, row, Value{type.fields[i].type, {}});
    }
    if (type.id == TypeId::kList) put(duckdb_vector_get_data(vector), row, duckdb_list_entry{0, 0});
    return;
  }
  void* data = duckdb_vector_get_data(vector);
  auto integer = [&] { return std::get<int64_t>(value.data); };
  switch (storage(type)) {
    case TypeId::kBoolean: return put(data, row, integer() != 0);
    case TypeId::kTinyint: return put(data, row, static_cast<int8_t>(integer()));
    case TypeId::kSmallint: return put(data, row, static_cast<int16_t>(integer()));
    case TypeId::kInteger: return put(data, row, static_cast<int32_t>(integer()));
    case TypeId::kBigint: return put(data, row, integer());
    case TypeId::kHugeint: return put(data, row, std::get<Int128>(value.data));
    case TypeId::kFloat: return put(data, row, static_cast<float>(std::get<double>(value.data)));
    case TypeId::kDouble: return put(data, row, std::get<double>(value.data));
    case TypeId::kInterval: return put(data, row, std::get<Interval>(value.data));
    case TypeId::kVarchar:
    case TypeId::kBlob: {
      const auto& text = std::get<std::string>(value.data);
      return duckdb_vector_assign_string_element_len(vector, row, text.data(), text.size());
    }
    case TypeId::kList: {
      const auto& elements = std::get<std::vector<Value>>(value.data);
      idx_t size = duckdb_list_vector_get_size(vector);
      duckdb_list_vector_reserve(vector, size + elements.size());
      duckdb_list_vector_set_size(vector, size + elements.size());
      for (size_t i = 0; i < elements.size(); ++i)
        write(duckdb_list_vector_get_child(vector), type.element(), size + i, elements[i]);
      return put(duckdb_vector_get_data(vector), row, duckdb_list_entry{size, elements.size()});
    }
    case TypeId::kStruct: {
      const auto& fields = std::get<std::vector<Value>>(value.data);
      for (size_t i = 0; i < fields.size(); ++i)
        write(duckdb_struct_vector_get_child(vector, i), type.fields[i].type, row, fields[i]);
      return;
    }
    default: throw std::logic_error("a type that has no place here");
  }
}

Value read(duckdb_vector vector, const Type& type, idx_t row) {
  uint64_t* validity = duckdb_vector_get_validity(vector);
  if (validity != nullptr && !duckdb_validity_row_is_valid(validity, row)) return Value{type, {}};
  void* data = duckdb_vector_get_data(vector);
  auto integer = [&](int64_t value) { return type.wide_decimal() ? Value{type, Int128{value}} : Value{type, value}; };
  switch (storage(type)) {
    case TypeId::kBoolean: return integer(get<bool>(data, row));
    case TypeId::kTinyint: return integer(get<int8_t>(data, row));
    case TypeId::kSmallint: return integer(get<int16_t>(data, row));
    case TypeId::kInteger: return integer(get<int32_t>(data, row));
    case TypeId::kBigint: return integer(get<int64_t>(data, row));
    case TypeId::kHugeint: return Value{type, get<Int128>(data, row)};
    case TypeId::kFloat: return Value{type, static_cast<double>(get<float>(data, row))};
    case TypeId::kDouble: return Value{type, get<double>(data, row)};
    case TypeId::kInterval: return Value{type, get<Interval>(data, row)};
    case TypeId::kVarchar:
    case TypeId::kBlob: {
      auto text = get<duckdb_string_t>(data, row);
      return Value{type, std::string(duckdb_string_t_data(&text), duckdb_string_t_length(text))};
    }
    case TypeId::kList: {
      auto entry = get<duckdb_list_entry>(data, row);
      std::vector<Value> elements;
      for (idx_t i = 0; i < entry.length; ++i)
        elements.push_back(read(duckdb_list_vector_get_child(vector), type.element(), entry.offset + i));
      return Value{type, std::move(elements)};
    }
    case TypeId::kStruct: {
      std::vector<Value> fields;
      for (size_t i = 0; i < type.fields.size(); ++i)
        fields.push_back(read(duckdb_struct_vector_get_child(vector, i), type.fields[i].type, row));
      return Value{type, std::move(fields)};
    }
    default: throw std::logic_error("a type that has no place here");
  }
}

void must(duckdb_state state, const std::string& what) {
  if (state != DuckDBSuccess) throw std::runtime_error("DuckDB: " + what);
}

}  // namespace

DuckdbOracle::DuckdbOracle() {
  must(duckdb_open(nullptr, &database_), "open");
  must(duckdb_connect(database_, &connection_), "connect");
  query("SET TimeZone = 'UTC'");
  query("SET threads = 1");
  // Functions of statistics fail where no row does.
  query("SET disabled_optimizers = 'statistics_propagation'");
}

DuckdbOracle::~DuckdbOracle() {
  duckdb_disconnect(&connection_);
  duckdb_close(&database_);
}

void DuckdbOracle::load(const std::vector<Type>& types, const Table& columns) {
  std::string create = "CREATE OR REPLACE TABLE t (id INTEGER";
  std::vector<Type> all = {TypeId::kInteger};
  for (size_t i = 0; i < types.size(); ++i) {
    create += ", c" + std::to_string(i) + " " + to_string(types[i]);
    all.push_back(types[i]);
  }
  Outcome made = query(create + ")");
  if (!made.error.empty()) throw std::runtime_error(made.error);
  std::vector<duckdb::LogicalType> owned;
  std::vector<duckdb_logical_type> logical;
  for (const Type& type : all) logical.push_back(owned.emplace_back(duckdb::to_duckdb(type)).get());
  duckdb_data_chunk chunk = duckdb_create_data_chunk(logical.data(), logical.size());
  size_t rows = columns.empty() ? 1 : columns[0].size();
  duckdb_data_chunk_set_size(chunk, rows);
  for (size_t row = 0; row < rows; ++row) {
    write(duckdb_data_chunk_get_vector(chunk, 0), TypeId::kInteger, row,
          Value{TypeId::kInteger, static_cast<int64_t>(row)});
    for (size_t i = 0; i < types.size(); ++i)
      write(duckdb_data_chunk_get_vector(chunk, i + 1), types[i], row, columns[i][row]);
  }
  duckdb_appender appender = nullptr;
  must(duckdb_appender_create(connection_, nullptr, "t", &appender), "appender");
  must(duckdb_append_data_chunk(appender, chunk), "append");
  must(duckdb_appender_destroy(&appender), "end of append");
  duckdb_destroy_data_chunk(&chunk);
}

Outcome DuckdbOracle::query(const std::string& sql) {
  Outcome outcome;
  duckdb_result result;
  if (duckdb_query(connection_, sql.c_str(), &result) != DuckDBSuccess) {
    outcome.error = duckdb_result_error(&result);
    duckdb_destroy_result(&result);
    return outcome;
  }
  if (duckdb_result_return_type(result) == DUCKDB_RESULT_TYPE_QUERY_RESULT) {
    outcome.type = duckdb::from_duckdb(duckdb::LogicalType(duckdb_column_logical_type(&result, 0)).get()).value();
    while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result)) {
      for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk); ++row) {
        outcome.values.push_back(read(duckdb_data_chunk_get_vector(chunk, 0), outcome.type, row));
      }
      duckdb_destroy_data_chunk(&chunk);
    }
  }
  duckdb_destroy_result(&result);
  return outcome;
}

}  // namespace segue::test
