#include "engine/random_values.h"

#include <array>
#include <cmath>
#include <limits>

#include "base/memory.h"
#include "engine/expressions/gather.h"

namespace segue::test {
namespace {

template <class T, size_t kCount>
const T& pick(const std::array<T, kCount>& values, Random& random) {
  return values[random() % kCount];
}

bool chance(Random& random, int percent) { return static_cast<int>(random() % 100) < percent; }

template <class T>
int64_t integer(Random& random) {
  constexpr T kLow = std::numeric_limits<T>::min();
  constexpr T kHigh = std::numeric_limits<T>::max();
  if (chance(random, 25)) {
    return pick(std::array<T, 8>{0, 1, -1, kLow, kHigh, static_cast<T>(kLow + 1), static_cast<T>(kHigh - 1), 2},
                random);
  }
  if (chance(random, 60)) return static_cast<int64_t>(random() % 200) - 100;
  return static_cast<T>(random());
}

// Any count of digits up to `most`.
Int128 with_digits(int most, Random& random) {
  int digits = static_cast<int>(random() % static_cast<unsigned>(most + 1));
  Int128 value = 0;
  bool nines = chance(random, 15);
  for (int i = 0; i < digits; ++i) value = value * 10 + (nines ? 9 : static_cast<int>(random() % 10));
  return chance(random, 50) ? value : -value;
}

double floating(Random& random, bool is_float) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (chance(random, 30)) {
    return pick(std::array<double, 20>{0.0,
                                       -0.0,
                                       1,
                                       -1,
                                       0.5,
                                       -0.5,
                                       1.5,
                                       2.5,
                                       -2.5,
                                       0.1,
                                       kInfinity,
                                       -kInfinity,
                                       std::nan(""),
                                       127.5,
                                       -128.5,
                                       9223372036854775807.0,
                                       1e15,
                                       1e16,
                                       is_float ? 3.0e38 : 1e300,
                                       is_float ? 1e-40 : 5e-324},
                random);
  }
  double small =
      (static_cast<double>(random() % 2'000'000) - 1'000'000) / pick(std::array<double, 4>{1, 10, 1000, 7}, random);
  if (chance(random, 70)) return is_float ? static_cast<float>(small) : small;
  double wide = small * std::pow(10.0, static_cast<double>(random() % 60) - 30);
  return is_float ? static_cast<float>(wide) : wide;
}

int32_t date(Random& random) {
  if (chance(random, 15)) {
    return pick(std::array<int32_t, 10>{0, -1, 11016, 10957, 18321, -719163, INT32_MAX, -INT32_MAX, INT32_MAX - 1,
                                        -INT32_MAX + 1},
                random);
  }
  if (chance(random, 70)) return static_cast<int32_t>(random() % 40'000) - 10'000;
  return static_cast<int32_t>(random() % 40'000'000) - 20'000'000;
}

int64_t timestamp(Random& random) {
  if (chance(random, 15)) {
    return pick(std::array<int64_t, 10>{0, -1, 1, 999'999, 951'782'400'000'000, -86'400'000'000, INT64_MAX, -INT64_MAX,
                                        INT64_MAX - 1, -9223372022400000000},
                random);
  }
  auto micros = static_cast<int64_t>(random() % (80 * 365 * 86'400'000'000ull)) - 20 * 365 * int64_t{86'400'000'000};
  if (chance(random, 30)) micros -= micros % 86'400'000'000;
  if (chance(random, 10)) micros *= 1000;
  return micros;
}

Interval interval(Random& random) {
  if (chance(random, 15)) {
    return pick(std::array<Interval, 8>{Interval{},
                                        {0, 30, 0},
                                        {1, 0, 0},
                                        {0, 0, int64_t{86'400'000'000} * 30},
                                        {-1, 31, -1},
                                        {INT32_MAX, 0, 0},
                                        {0, INT32_MIN, 0},
                                        {0, 0, INT64_MAX}},
                random);
  }
  Interval value;
  if (chance(random, 60)) value.months = static_cast<int32_t>(random() % 60) - 30;
  if (chance(random, 60)) value.days = static_cast<int32_t>(random() % 100) - 50;
  if (chance(random, 60)) value.micros = static_cast<int64_t>(random() % 400'000'000'000) - 200'000'000'000;
  return value;
}

std::string number_text(Random& random) {
  std::string text;
  auto digits = [&](size_t most) {
    for (size_t i = random() % (most + 1); i > 0; --i) {
      text += static_cast<char>('0' + random() % 10);
      if (i > 1 && chance(random, 2)) text += '_';
    }
  };
  if (chance(random, 10)) text += ' ';
  if (chance(random, 30)) text += pick(std::array<char, 3>{'-', '-', '+'}, random);
  digits(chance(random, 15) ? 22 : 6);
  if (chance(random, 40)) {
    text += '.';
    digits(chance(random, 15) ? 22 : 5);
  }
  if (chance(random, 20)) {
    text += pick(std::array<char, 2>{'e', 'E'}, random);
    if (chance(random, 40)) text += pick(std::array<char, 2>{'-', '+'}, random);
    digits(2);
  }
  if (chance(random, 10)) text += ' ';
  return text;
}

std::string time_text(Random& random) {
  std::string text = to_string(chance(random, 50) ? Value{TypeId::kTimestamp, timestamp(random)}
                                                  : Value{TypeId::kDate, int64_t{date(random)}});
  if (chance(random, 10))
    text += pick(std::array<const char*, 6>{"Z", "+02", "-05:30", " UTC", " ", " Europe/Berlin"}, random);
  if (chance(random, 5)) text[random() % text.size()] = 'T';
  if (chance(random, 5)) text.resize(random() % (text.size() + 1));
  return text;
}

std::string interval_text(Random& random) {
  std::string text = to_string(Value{TypeId::kInterval, interval(random)});
  if (chance(random, 30))
    text =
        std::to_string(static_cast<int>(random() % 100) - 50) +
        pick(std::array<const char*, 7>{" weeks", ".5 days", "h", " quarter", " mins ago", "", " decade 2 us"}, random);
  return text;
}

std::string word(Random& random) {
  static const std::array<const char*, 24> kPieces = {"a", "b",    "A",   "Z", "é",      "É",      "ß",  "İ",
                                                      "ı", "日本", "😀",   " ", "\u00A0", "\u2003", "\t", "%",
                                                      "_", "'",    "xyz", "Ǆ", "ά",      "true",   "0",  "-"};
  std::string text;
  for (size_t i = random() % 7; i > 0; --i) text += pick(kPieces, random);
  return text;
}

std::string text(Random& random) {
  switch (random() % 10) {
    case 0:
    case 1: return number_text(random);
    case 2: return time_text(random);
    case 3: return interval_text(random);
    case 4:
      return pick(std::array<const char*, 20>{"true",      "F",     "yes",  "No",   "1",     "0",         "inf",
                                              "-Infinity", "nan",   "-nan", "0x1F", "0b101", "0x",        "epoch",
                                              "infinity",  "1e400", "-0",   ".",    "1.",    "2020-02-30"},
                  random);
    default: return word(random);
  }
}

std::string blob(Random& random) {
  std::string bytes;
  for (size_t i = random() % 5; i > 0; --i)
    bytes += static_cast<char>(pick(std::array<int, 8>{0, 1, 'a', 'b', '\\', '\'', 0x7F, 0xFF}, random));
  return bytes;
}

}  // namespace

Value random_value(const Type& type, Random& random) {
  if (chance(random, 12)) return Value{type, {}};
  switch (type.id) {
    case TypeId::kNull: return Value{type, {}};
    case TypeId::kBoolean: return Value{type, static_cast<int64_t>(random() % 2)};
    case TypeId::kTinyint: return Value{type, integer<int8_t>(random)};
    case TypeId::kSmallint: return Value{type, integer<int16_t>(random)};
    case TypeId::kInteger: return Value{type, integer<int32_t>(random)};
    case TypeId::kBigint: return Value{type, integer<int64_t>(random)};
    case TypeId::kHugeint: {
      if (chance(random, 10)) return Value{type, static_cast<Int128>(static_cast<unsigned __int128>(1) << 127)};
      if (chance(random, 10)) return Value{type, ~static_cast<Int128>(static_cast<unsigned __int128>(1) << 127)};
      return Value{type, chance(random, 50) ? Int128{integer<int64_t>(random)} : with_digits(38, random)};
    }
    case TypeId::kFloat: return Value{type, static_cast<double>(static_cast<float>(floating(random, true)))};
    case TypeId::kDouble: return Value{type, floating(random, false)};
    case TypeId::kDecimal: {
      Int128 value = with_digits(type.width, random);
      return type.wide_decimal() ? Value{type, value} : Value{type, static_cast<int64_t>(value)};
    }
    case TypeId::kVarchar: return Value{type, text(random)};
    case TypeId::kBlob: return Value{type, blob(random)};
    case TypeId::kDate: return Value{type, int64_t{date(random)}};
    case TypeId::kTimestamp: return Value{type, timestamp(random)};
    case TypeId::kInterval: return Value{type, interval(random)};
    case TypeId::kList: return Value{type, random_values(type.element(), random() % 4, random)};
    case TypeId::kStruct: {
      std::vector<Value> fields;
      for (const Field& field : type.fields) fields.push_back(random_value(field.type, random));
      return Value{type, std::move(fields)};
    }
  }
  return Value{type, {}};
}

std::vector<Value> random_values(const Type& type, size_t count, Random& random) {
  std::vector<Value> values;
  for (size_t i = 0; i < count; ++i) values.push_back(random_value(type, random));
  return values;
}

Column column_of(const Type& type, const std::vector<Value>& values, bool coded) {
  if (coded && type.id == TypeId::kVarchar) {
    Column column;
    column.type = type;
    column.dictionary = std::make_shared<Dictionary>();
    Array<uint32_t> codes;
    for (const Value& value : values)
      codes.push_back(value.null() ? 0 : column.dictionary->intern(std::get<std::string>(value.data)));
    auto owner = share(std::move(codes));
    column.values = owner->data();
    column.owner = owner;
    return column;
  }
  std::vector<Column> parts;
  for (const Value& value : values) parts.push_back(value.null() ? engine::null_column(type) : constant_column(value));
  std::vector<engine::Piece> pieces;
  for (const Column& part : parts) pieces.push_back({&part, 1});
  return engine::concat(type, pieces);
}

bool same_value(const Value& a, const Value& b) {
  if (a.null() || b.null()) return a.null() == b.null();
  if (const auto* x = std::get_if<double>(&a.data)) {
    const auto* y = std::get_if<double>(&b.data);
    return y != nullptr && ((std::isnan(*x) && std::isnan(*y)) || (*x == *y && std::signbit(*x) == std::signbit(*y)));
  }
  if (const auto* x = std::get_if<std::vector<Value>>(&a.data)) {
    const auto* y = std::get_if<std::vector<Value>>(&b.data);
    if (y == nullptr || x->size() != y->size()) return false;
    for (size_t i = 0; i < x->size(); ++i) {
      if (!same_value((*x)[i], (*y)[i])) return false;
    }
    return true;
  }
  return a.data == b.data;
}

const std::vector<Type>& every_type() {
  static const std::vector<Type> all = {TypeId::kBoolean,
                                        TypeId::kTinyint,
                                        TypeId::kSmallint,
                                        TypeId::kInteger,
                                        TypeId::kBigint,
                                        TypeId::kHugeint,
                                        TypeId::kFloat,
                                        TypeId::kDouble,
                                        Type::decimal(10, 2),
                                        Type::decimal(30, 2),
                                        TypeId::kVarchar,
                                        TypeId::kBlob,
                                        TypeId::kDate,
                                        TypeId::kTimestamp,
                                        TypeId::kInterval,
                                        Type::list(TypeId::kVarchar),
                                        Type::list(Type::list(TypeId::kInteger)),
                                        Type::structure({{"a", TypeId::kInteger}, {"b", Type::list(TypeId::kVarchar)}}),
                                        Type::list(Type::structure({{"x", TypeId::kDouble}, {"y", TypeId::kVarchar}}))};
  return all;
}

}  // namespace segue::test
