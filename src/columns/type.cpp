#include "columns/type.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "columns/type_names.h"

namespace segue {

namespace {

struct Alias {
  std::string_view name;
  TypeId id;
};

constexpr Alias kAliases[] = {
    {"boolean", TypeId::kBoolean},    {"bool", TypeId::kBoolean},
    {"logical", TypeId::kBoolean},    {"tinyint", TypeId::kTinyint},
    {"int1", TypeId::kTinyint},       {"smallint", TypeId::kSmallint},
    {"int2", TypeId::kSmallint},      {"short", TypeId::kSmallint},
    {"int16", TypeId::kSmallint},     {"integer", TypeId::kInteger},
    {"int", TypeId::kInteger},        {"int4", TypeId::kInteger},
    {"int32", TypeId::kInteger},      {"signed", TypeId::kInteger},
    {"bigint", TypeId::kBigint},      {"int8", TypeId::kBigint},
    {"int64", TypeId::kBigint},       {"long", TypeId::kBigint},
    {"hugeint", TypeId::kHugeint},    {"int128", TypeId::kHugeint},
    {"float", TypeId::kFloat},        {"float4", TypeId::kFloat},
    {"real", TypeId::kFloat},         {"double", TypeId::kDouble},
    {"float8", TypeId::kDouble},      {"double precision", TypeId::kDouble},
    {"decimal", TypeId::kDecimal},    {"numeric", TypeId::kDecimal},
    {"dec", TypeId::kDecimal},        {"varchar", TypeId::kVarchar},
    {"text", TypeId::kVarchar},       {"string", TypeId::kVarchar},
    {"char", TypeId::kVarchar},       {"bpchar", TypeId::kVarchar},
    {"nvarchar", TypeId::kVarchar},   {"blob", TypeId::kBlob},
    {"bytea", TypeId::kBlob},         {"binary", TypeId::kBlob},
    {"varbinary", TypeId::kBlob},     {"bytes", TypeId::kBlob},
    {"date", TypeId::kDate},          {"timestamp", TypeId::kTimestamp},
    {"datetime", TypeId::kTimestamp}, {"timestamp without time zone", TypeId::kTimestamp},
    {"interval", TypeId::kInterval},  {"null", TypeId::kNull},
};

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

// Reads a type from the front of what is left.
class TypeReader {
 public:
  explicit TypeReader(std::string_view text) : rest_(text) {}

  std::optional<Type> all() {
    std::optional<Type> type = read();
    skip_space();
    if (!rest_.empty()) return std::nullopt;
    return type;
  }

 private:
  // Deeper than any table's type; keeps hostile text from using up the stack.
  static constexpr int kDepth = 64;

  std::optional<Type> read() {
    if (++depth_ > kDepth) return std::nullopt;
    std::optional<Type> type = base();
    while (type && take('[')) {
      if (!take(']')) return std::nullopt;
      type = Type::list(std::move(*type));
    }
    --depth_;
    return type;
  }

  std::optional<Type> base() {
    std::optional<std::string> word = name();
    if (!word) return std::nullopt;
    std::string key = ascii::lower(*word);
    if (key == "struct") return structure();
    if (key == "double" || key == "timestamp") more_words(key);
    const Alias* alias =
        std::find_if(std::begin(kAliases), std::end(kAliases), [&](const Alias& a) { return a.name == key; });
    if (alias == std::end(kAliases)) return std::nullopt;
    if (alias->id == TypeId::kDecimal) return decimal();
    if (alias->id == TypeId::kVarchar && take('(')) {
      // A length says nothing, as in DuckDB.
      if (!number(1'000'000'000) || !take(')')) return std::nullopt;
    }
    return Type(alias->id);
  }

  // "double precision", "timestamp without time zone".
  void more_words(std::string& key) {
    std::string_view before = rest_;
    std::string longer = key;
    for (std::optional<std::string> word = name(); word; word = name()) {
      longer += ' ' + ascii::lower(*word);
      if (std::any_of(std::begin(kAliases), std::end(kAliases), [&](const Alias& a) { return a.name == longer; })) {
        key = longer;
        return;
      }
    }
    rest_ = before;
  }

  std::optional<Type> decimal() {
    if (!take('(')) return Type::decimal(18, 3);
    std::optional<unsigned> width = number(38);
    std::optional<unsigned> scale = 0;
    if (take(',')) scale = number(38);
    if (!width || !scale || *width == 0 || *scale > *width || !take(')')) return std::nullopt;
    return Type::decimal(static_cast<uint8_t>(*width), static_cast<uint8_t>(*scale));
  }

  std::optional<Type> structure() {
    if (!take('(')) return std::nullopt;
    std::vector<Field> fields;
    do {
      std::optional<std::string> field = name();
      if (!field) return std::nullopt;
      std::optional<Type> type = read();
      if (!type) return std::nullopt;
      fields.push_back({std::move(*field), std::move(*type)});
    } while (take(','));
    if (!take(')')) return std::nullopt;
    return Type::structure(std::move(fields));
  }

  void skip_space() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front()))) rest_.remove_prefix(1);
  }

  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<unsigned> number(unsigned most) {
    skip_space();
    unsigned value = 0;
    size_t digits = 0;
    for (; digits < rest_.size() && digit(rest_[digits]); ++digits) {
      value = value * 10 + static_cast<unsigned>(rest_[digits] - '0');
      if (value > most) return std::nullopt;
    }
    rest_.remove_prefix(digits);
    return digits == 0 ? std::nullopt : std::optional(value);
  }

  // An identifier, quoted or plain. Plain ones keep their case.
  std::optional<std::string> name() {
    skip_space();
    if (rest_.empty()) return std::nullopt;
    std::string result;
    if (rest_.front() == '"') {
      for (size_t i = 1; i < rest_.size(); ++i) {
        if (rest_[i] != '"') {
          result += rest_[i];
        } else if (i + 1 < rest_.size() && rest_[i + 1] == '"') {
          result += rest_[i++];
        } else {
          rest_.remove_prefix(i + 1);
          return result.empty() ? std::nullopt : std::optional(result);
        }
      }
      return std::nullopt;
    }
    size_t size = 0;
    auto part_of_name = [](char c) { return letter(c) || digit(c) || static_cast<unsigned char>(c) >= 0x80; };
    while (size < rest_.size() && part_of_name(rest_[size])) ++size;
    if (size == 0 || digit(rest_.front())) return std::nullopt;
    result = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return result;
  }

  std::string_view rest_;
  int depth_ = 0;
};

}  // namespace

Type Type::decimal(uint8_t width, uint8_t scale) {
  SEGUE_ASSERT(width >= 1 && width <= 38 && scale <= width);
  Type type(TypeId::kDecimal);
  type.width = width;
  type.scale = scale;
  return type;
}

Type Type::list(Type element) {
  Type type(TypeId::kList);
  type.fields.push_back({"", std::move(element)});
  return type;
}

Type Type::structure(std::vector<Field> fields) {
  Type type(TypeId::kStruct);
  type.fields = std::move(fields);
  return type;
}

const Type& Type::element() const {
  SEGUE_ASSERT(id == TypeId::kList && fields.size() == 1);
  return fields[0].type;
}

std::string to_string(const Type& type) {
  switch (type.id) {
    case TypeId::kNull: return "\"NULL\"";
    case TypeId::kBoolean: return "BOOLEAN";
    case TypeId::kTinyint: return "TINYINT";
    case TypeId::kSmallint: return "SMALLINT";
    case TypeId::kInteger: return "INTEGER";
    case TypeId::kBigint: return "BIGINT";
    case TypeId::kHugeint: return "HUGEINT";
    case TypeId::kFloat: return "FLOAT";
    case TypeId::kDouble: return "DOUBLE";
    case TypeId::kDecimal: return fmt::format("DECIMAL({},{})", type.width, type.scale);
    case TypeId::kVarchar: return "VARCHAR";
    case TypeId::kBlob: return "BLOB";
    case TypeId::kDate: return "DATE";
    case TypeId::kTimestamp: return "TIMESTAMP";
    case TypeId::kInterval: return "INTERVAL";
    case TypeId::kList: return to_string(type.element()) + "[]";
    case TypeId::kStruct: {
      std::string text = "STRUCT(";
      for (size_t i = 0; i < type.fields.size(); ++i) {
        if (i != 0) text += ", ";
        if (!type.fields[i].name.empty()) text += quote_name(type.fields[i].name) + ' ';
        text += to_string(type.fields[i].type);
      }
      return text + ')';
    }
  }
  fail(ErrorCode::kInternal, "no such type");
}

std::vector<std::string> type_names() {
  std::vector<std::string> names;
  for (const Alias& alias : kAliases)
    if (lake_type(Type(alias.id))) names.emplace_back(alias.name);
  return names;
}

std::string type_pattern() {
  // ECMA has no switch for letters' case within a pattern.
  auto any_case = [](std::string_view word) {
    std::string pattern;
    for (char c : word) {
      if (c == ' ')
        pattern += " +";
      else if (digit(c))
        pattern += c;
      else
        pattern += fmt::format("[{}{}]", c, static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
    }
    return pattern;
  };
  std::string plain, texts, decimals;
  for (const std::string& name : type_names()) {
    TypeId id = parse_type(name)->id;
    std::string& words = id == TypeId::kDecimal ? decimals : id == TypeId::kVarchar ? texts : plain;
    if (!words.empty()) words += '|';
    words += any_case(name);
  }
  return fmt::format(
      "^ *({}|({})( *\\( *[0-9]+ *\\))?|({})( *\\( *[0-9]+ *(, *[0-9]+ *)?\\))?|{} *\\(.*\\))( *\\[ *\\])* *$", plain,
      texts, decimals, any_case("struct"));
}

std::optional<Type> parse_type(std::string_view text) { return TypeReader(text).all(); }

bool lake_type(const Type& type) {
  switch (type.id) {
    case TypeId::kNull:
    case TypeId::kHugeint:
    case TypeId::kInterval: return false;
    case TypeId::kList: return lake_type(type.element());
    case TypeId::kStruct:
      return !type.fields.empty() && std::all_of(type.fields.begin(), type.fields.end(), [](const Field& field) {
        return !field.name.empty() && lake_type(field.type);
      });
    default: return true;
  }
}

size_t value_bytes(const Type& type) {
  switch (type.id) {
    case TypeId::kNull:
    case TypeId::kBoolean:
    case TypeId::kTinyint: return 1;
    case TypeId::kSmallint: return 2;
    case TypeId::kInteger:
    case TypeId::kFloat:
    case TypeId::kDate: return 4;
    case TypeId::kBigint:
    case TypeId::kDouble:
    case TypeId::kTimestamp: return 8;
    case TypeId::kHugeint:
    case TypeId::kInterval: return 16;
    case TypeId::kDecimal: return type.wide_decimal() ? 16 : 8;
    case TypeId::kVarchar:
    case TypeId::kBlob:
    case TypeId::kList:
    case TypeId::kStruct: break;
  }
  fail(ErrorCode::kInternal, "values of " + to_string(type) + " have no fixed width");
}

}  // namespace segue
