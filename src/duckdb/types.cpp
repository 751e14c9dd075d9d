#include "duckdb/types.h"

#include <fmt/format.h>

#include "base/error.h"

namespace segue::duckdb {

namespace {

constexpr int kGeometry = 40, kVariant = 41;  // newer than the header

duckdb_type plain(TypeId id) {
  switch (id) {
    case TypeId::kNull: return DUCKDB_TYPE_SQLNULL;
    case TypeId::kBoolean: return DUCKDB_TYPE_BOOLEAN;
    case TypeId::kTinyint: return DUCKDB_TYPE_TINYINT;
    case TypeId::kSmallint: return DUCKDB_TYPE_SMALLINT;
    case TypeId::kInteger: return DUCKDB_TYPE_INTEGER;
    case TypeId::kBigint: return DUCKDB_TYPE_BIGINT;
    case TypeId::kHugeint: return DUCKDB_TYPE_HUGEINT;
    case TypeId::kFloat: return DUCKDB_TYPE_FLOAT;
    case TypeId::kDouble: return DUCKDB_TYPE_DOUBLE;
    case TypeId::kVarchar: return DUCKDB_TYPE_VARCHAR;
    case TypeId::kBlob: return DUCKDB_TYPE_BLOB;
    case TypeId::kDate: return DUCKDB_TYPE_DATE;
    case TypeId::kTimestamp: return DUCKDB_TYPE_TIMESTAMP;
    case TypeId::kInterval: return DUCKDB_TYPE_INTERVAL;
    case TypeId::kDecimal:
    case TypeId::kList:
    case TypeId::kStruct: break;
  }
  fail(ErrorCode::kInternal, "no plain DuckDB type");
}

std::string taken(char* text) {
  std::string result = text == nullptr ? "" : text;
  duckdb_free(text);
  return result;
}

std::vector<std::pair<std::string, LogicalType>> struct_fields(duckdb_logical_type type) {
  std::vector<std::pair<std::string, LogicalType>> fields;
  for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
    fields.emplace_back(taken(duckdb_struct_type_child_name(type, i)),
                        LogicalType(duckdb_struct_type_child_type(type, i)));
  }
  return fields;
}

std::string_view plain_name(int id) {
  switch (id) {
    case DUCKDB_TYPE_UTINYINT: return "UTINYINT";
    case DUCKDB_TYPE_USMALLINT: return "USMALLINT";
    case DUCKDB_TYPE_UINTEGER: return "UINTEGER";
    case DUCKDB_TYPE_UBIGINT: return "UBIGINT";
    case DUCKDB_TYPE_UHUGEINT: return "UHUGEINT";
    case DUCKDB_TYPE_TIMESTAMP_S: return "TIMESTAMP_S";
    case DUCKDB_TYPE_TIMESTAMP_MS: return "TIMESTAMP_MS";
    case DUCKDB_TYPE_TIMESTAMP_NS: return "TIMESTAMP_NS";
    case DUCKDB_TYPE_TIMESTAMP_TZ: return "TIMESTAMP WITH TIME ZONE";
    case DUCKDB_TYPE_TIME: return "TIME";
    case DUCKDB_TYPE_TIME_TZ: return "TIME WITH TIME ZONE";
    case DUCKDB_TYPE_TIME_NS: return "TIME_NS";
    case DUCKDB_TYPE_UUID: return "UUID";
    case DUCKDB_TYPE_BIT: return "BIT";
    case DUCKDB_TYPE_BIGNUM: return "BIGNUM";
    case kGeometry: return "GEOMETRY";
    case kVariant: return "VARIANT";
    default: return "a type of its own";
  }
}

std::string describe_enum(duckdb_logical_type type) {
  std::string text = "ENUM(";
  uint32_t count = duckdb_enum_dictionary_size(type);
  constexpr uint32_t kShown = 10;
  for (uint32_t i = 0; i < count && i < kShown; ++i) {
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", taken(duckdb_enum_dictionary_value(type, i)));
  }
  return text + (count > kShown ? ", …)" : ")");
}

std::string describe_union(duckdb_logical_type type) {
  std::string text = "UNION(";
  for (idx_t i = 0; i < duckdb_union_type_member_count(type); ++i) {
    LogicalType member(duckdb_union_type_member_type(type, i));
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", quote_name(taken(duckdb_union_type_member_name(type, i))),
                        describe(member.get()));
  }
  return text + ')';
}

}  // namespace

LogicalType to_duckdb(const Type& type) {
  switch (type.id) {
    case TypeId::kDecimal: return LogicalType(duckdb_create_decimal_type(type.width, type.scale));
    case TypeId::kList: return LogicalType(duckdb_create_list_type(to_duckdb(type.element()).get()));
    case TypeId::kStruct: {
      SEGUE_ASSERT(!type.fields.empty());
      std::vector<LogicalType> types;
      std::vector<duckdb_logical_type> raw;
      std::vector<const char*> names;
      for (const Field& field : type.fields) {
        types.push_back(to_duckdb(field.type));
        raw.push_back(types.back().get());
        names.push_back(field.name.c_str());
      }
      return LogicalType(duckdb_create_struct_type(raw.data(), names.data(), raw.size()));
    }
    default: return LogicalType(duckdb_create_logical_type(plain(type.id)));
  }
}

std::optional<Type> from_duckdb(duckdb_logical_type type) {
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_SQLNULL: return Type(TypeId::kNull);
    case DUCKDB_TYPE_BOOLEAN: return Type(TypeId::kBoolean);
    case DUCKDB_TYPE_TINYINT: return Type(TypeId::kTinyint);
    case DUCKDB_TYPE_SMALLINT: return Type(TypeId::kSmallint);
    case DUCKDB_TYPE_INTEGER: return Type(TypeId::kInteger);
    case DUCKDB_TYPE_BIGINT: return Type(TypeId::kBigint);
    case DUCKDB_TYPE_HUGEINT: return Type(TypeId::kHugeint);
    case DUCKDB_TYPE_FLOAT: return Type(TypeId::kFloat);
    case DUCKDB_TYPE_DOUBLE: return Type(TypeId::kDouble);
    case DUCKDB_TYPE_VARCHAR: return Type(TypeId::kVarchar);
    case DUCKDB_TYPE_BLOB: return Type(TypeId::kBlob);
    case DUCKDB_TYPE_DATE: return Type(TypeId::kDate);
    case DUCKDB_TYPE_TIMESTAMP: return Type(TypeId::kTimestamp);
    case DUCKDB_TYPE_INTERVAL: return Type(TypeId::kInterval);
    case DUCKDB_TYPE_DECIMAL: return Type::decimal(duckdb_decimal_width(type), duckdb_decimal_scale(type));
    case DUCKDB_TYPE_LIST: {
      LogicalType child(duckdb_list_type_child_type(type));
      std::optional<Type> element = from_duckdb(child.get());
      return element ? std::optional(Type::list(std::move(*element))) : std::nullopt;
    }
    case DUCKDB_TYPE_STRUCT: {
      std::vector<Field> fields;
      for (auto& [name, child] : struct_fields(type)) {
        std::optional<Type> field = from_duckdb(child.get());
        if (!field) return std::nullopt;
        fields.push_back({name, std::move(*field)});
      }
      return Type::structure(std::move(fields));
    }
    default: return std::nullopt;
  }
}

std::string describe(duckdb_logical_type type) {
  std::string alias = taken(duckdb_logical_type_get_alias(type));
  if (!alias.empty()) return alias;
  switch (static_cast<int>(duckdb_get_type_id(type))) {
    case DUCKDB_TYPE_LIST: return describe(LogicalType(duckdb_list_type_child_type(type)).get()) + "[]";
    case DUCKDB_TYPE_ARRAY:
      return fmt::format("{}[{}]", describe(LogicalType(duckdb_array_type_child_type(type)).get()),
                         duckdb_array_type_array_size(type));
    case DUCKDB_TYPE_MAP:
      return fmt::format("MAP({}, {})", describe(LogicalType(duckdb_map_type_key_type(type)).get()),
                         describe(LogicalType(duckdb_map_type_value_type(type)).get()));
    case DUCKDB_TYPE_STRUCT: {
      std::string text;
      for (auto& [name, child] : struct_fields(type)) {
        text += fmt::format("{}{}{}", text.empty() ? "" : ", ", name.empty() ? "" : quote_name(name) + ' ',
                            describe(child.get()));
      }
      return "STRUCT(" + text + ')';
    }
    case DUCKDB_TYPE_UNION: return describe_union(type);
    case DUCKDB_TYPE_ENUM: return describe_enum(type);
    default: break;
  }
  if (std::optional<Type> ours = from_duckdb(type)) return to_string(*ours);
  return std::string(plain_name(duckdb_get_type_id(type)));
}

}  // namespace segue::duckdb
