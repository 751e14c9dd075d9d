#include "sql/lake_types.h"

#include <fmt/format.h>

#include "base/error.h"
#include "duckdb/types.h"

namespace segue::sql {

namespace {

using duckdb::LogicalType;

constexpr int kGeometry = 40, kVariant = 41;  // newer than DuckDB's C header at hand

LakeType plain(TypeId id) { return {Type(id), false, "", ""}; }
LakeType widened(TypeId id) { return {Type(id), true, "", ""}; }

LakeType refused(duckdb_logical_type type, Type instead, std::string hint = {}) {
  return {std::move(instead), true, duckdb::describe(type) + " is no type that a table may have", std::move(hint)};
}

// Takes over what is wrong in a part.
void take_over(LakeType& whole, const LakeType& part) {
  whole.cast = whole.cast || part.cast;
  if (whole.refused.empty() && !part.refused.empty()) {
    whole.refused = part.refused;
    whole.hint = part.hint;
  }
}

LakeType list_of(duckdb_logical_type element) {
  LakeType inner = lake_type_of(element);
  LakeType result{Type::list(inner.type), false, "", ""};
  take_over(result, inner);
  return result;
}

LakeType struct_of(duckdb_logical_type type) {
  LakeType result;
  std::vector<Field> fields;
  for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
    char* name = duckdb_struct_type_child_name(type, i);
    std::string field = name == nullptr ? "" : name;
    duckdb_free(name);
    LakeType inner = lake_type_of(LogicalType(duckdb_struct_type_child_type(type, i)).get());
    take_over(result, inner);
    if (field.empty() && result.refused.empty()) {
      result.refused = "a struct whose fields have no names is no type that a table may have";
      result.hint = "name them: {'a': …, 'b': …} instead of (…, …) or row(…)";
    }
    fields.push_back({std::move(field), std::move(inner.type)});
  }
  result.type = Type::structure(std::move(fields));
  return result;
}

}  // namespace

LakeType lake_type_of(duckdb_logical_type type) {
  switch (static_cast<int>(duckdb_get_type_id(type))) {
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_UINTEGER: return widened(TypeId::kBigint);
    case DUCKDB_TYPE_USMALLINT: return widened(TypeId::kInteger);
    case DUCKDB_TYPE_UTINYINT: return widened(TypeId::kSmallint);
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS: return widened(TypeId::kTimestamp);
    case DUCKDB_TYPE_TIMESTAMP_TZ: return refused(type, TypeId::kTimestamp);
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIME_TZ:
    case DUCKDB_TYPE_TIME_NS:
    case DUCKDB_TYPE_UUID:
    case DUCKDB_TYPE_ENUM:
    case DUCKDB_TYPE_BIT:
    case kGeometry:
    case kVariant: return refused(type, TypeId::kVarchar);
    case DUCKDB_TYPE_INTERVAL:
      return refused(type, TypeId::kVarchar, "write epoch(…) for its seconds, or CAST(… AS VARCHAR)");
    case DUCKDB_TYPE_BIGNUM: return refused(type, Type::decimal(38, 0));
    case DUCKDB_TYPE_UNION: return refused(type, TypeId::kNull, "take one member out: union_extract(…, 'member')");
    case DUCKDB_TYPE_MAP: return refused(type, TypeId::kNull, "write map_entries(…): a list of {key, value}");
    case DUCKDB_TYPE_SQLNULL: {
      LakeType result = refused(type, TypeId::kNull, "say which type the NULL has: CAST(NULL AS VARCHAR)");
      result.refused = "a NULL without a type is nothing that a table may have";
      return result;
    }
    case DUCKDB_TYPE_ARRAY: {
      LakeType result = list_of(LogicalType(duckdb_array_type_child_type(type)).get());
      if (result.refused.empty()) result.refused = duckdb::describe(type) + " is no type that a table may have";
      return result;
    }
    case DUCKDB_TYPE_LIST: return list_of(LogicalType(duckdb_list_type_child_type(type)).get());
    case DUCKDB_TYPE_STRUCT: return struct_of(type);
    case DUCKDB_TYPE_VARCHAR: {
      // JSON and the like are VARCHAR by another name.
      char* alias = duckdb_logical_type_get_alias(type);
      bool named = alias != nullptr;
      duckdb_free(alias);
      return named ? widened(TypeId::kVarchar) : plain(TypeId::kVarchar);
    }
    default: break;
  }
  if (std::optional<Type> ours = duckdb::from_duckdb(type)) return {*ours, false, "", ""};
  return refused(type, TypeId::kVarchar);
}

}  // namespace segue::sql
