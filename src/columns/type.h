// The types of columns: the lake types, and the few that only live inside a plan (HUGEINT, INTERVAL, NULL).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

enum class TypeId : uint8_t {
  kNull,       // an untyped NULL constant
  kBoolean,    // uint8_t, 0 or 1
  kTinyint,    // int8_t
  kSmallint,   // int16_t
  kInteger,    // int32_t
  kBigint,     // int64_t
  kHugeint,    // Int128; inside a plan only
  kFloat,      // float
  kDouble,     // double
  kDecimal,    // width <= 18: int64_t, else Int128; the value times 10^scale
  kVarchar,    // UTF-8: codes of a dictionary, or string_views
  kBlob,       // bytes: string_views
  kDate,       // int32_t, days since 1970-01-01
  kTimestamp,  // int64_t, microseconds since 1970-01-01 UTC
  kInterval,   // Interval; inside a plan only
  kList,       // offsets and one child
  kStruct,     // one child a field
};

using Int128 = __int128;

struct Interval {
  int32_t months = 0;
  int32_t days = 0;
  int64_t micros = 0;
  bool operator==(const Interval&) const = default;
};

struct Field;

struct Type {
  TypeId id = TypeId::kNull;
  uint8_t width = 0;          // of a DECIMAL: digits in all, 1 to 38
  uint8_t scale = 0;          // of a DECIMAL: digits after the point
  std::vector<Field> fields;  // of a STRUCT: its fields; of a LIST: one, the element (its name is empty)

  Type();
  Type(TypeId type_id);  // NOLINT: TypeId stands for the plain type everywhere
  static Type decimal(uint8_t width, uint8_t scale);
  static Type list(Type element);
  static Type structure(std::vector<Field> fields);

  const Type& element() const;  // REQUIRES: id == kList
  bool nested() const { return id == TypeId::kList || id == TypeId::kStruct; }
  bool text() const { return id == TypeId::kVarchar || id == TypeId::kBlob; }
  bool wide_decimal() const { return id == TypeId::kDecimal && width > 18; }
  bool operator==(const Type& other) const;
};

struct Field {
  std::string name;
  Type type;
  bool operator==(const Field&) const = default;
};

// Here, where Field is complete: constructors may destroy the vector.
inline Type::Type() = default;
inline Type::Type(TypeId type_id) : id(type_id) {}
inline bool Type::operator==(const Type& other) const {
  return id == other.id && width == other.width && scale == other.scale && fields == other.fields;
}

// SQL spelling, DuckDB's: "BIGINT", "DECIMAL(10,2)", "STRUCT(a BIGINT, b VARCHAR)[]".
std::string to_string(const Type& type);

// A name as SQL takes it: quoted where it must be (capitals, keywords, other characters than letters, digits and _ may
// need it).
std::string quote_name(std::string_view name);

// Reads the names users write (any case, the common aliases: int, text, string, double precision, …) and the spelling
// of to_string; nothing if it is none.
std::optional<Type> parse_type(std::string_view text);

// True for what a table may hold: every type but HUGEINT, INTERVAL, NULL and structs whose fields have no name, all the
// way down.
bool lake_type(const Type& type);

// Bytes of one value in a column's values array: 1 for BOOLEAN, 16 for HUGEINT, INTERVAL and wide DECIMAL, … REQUIRES:
// neither text nor nested.
size_t value_bytes(const Type& type);

}  // namespace segue
