// What is crawled is read: tables of random types, written in random dialects, come back as they were written.
#include "crawl/read_back.h"

#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "crawl/evidence.h"
#include "formats/gzip_helpers.h"
#include "formats/values.h"

namespace segue::crawl {
namespace {

using json = nlohmann::ordered_json;

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  size_t below(size_t n) { return engine_() % n; }
  bool one_in(size_t n) { return below(n) == 0; }
  template <class T>
  const T& of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }

 private:
  std::mt19937_64 engine_;
};

std::string random_date(Dice& dice) {
  return fmt::format("{:04}-{:02}-{:02}", 1970 + dice.below(80), 1 + dice.below(12), 1 + dice.below(28));
}

std::string random_time(Dice& dice) {
  std::string text = fmt::format("{}{}{:02}:{:02}:{:02}", random_date(dice), dice.one_in(2) ? "T" : " ", dice.below(24),
                                 dice.below(60), dice.below(60));
  if (dice.one_in(3)) text += fmt::format(".{:03}", dice.below(1000));
  return text + dice.of<std::string>({"", "Z", "+02", "-07:30"});
}

// Begins with a letter and has a blank, so it is nothing else than a text.
std::string random_text(Dice& dice, const std::string& odd) {
  std::string text = dice.of<std::string>(
      {"Boy, Boy", "The Knife", "a 'b' c", "x \"y\" z", "Ärger im Büro", "semi; colon", "pipe | s", "tab"});
  text += ' ';
  for (size_t i = dice.below(12); i != 0; --i) text += static_cast<char>('a' + dice.below(26));
  if (dice.one_in(5)) text += odd;
  return text;
}

// A value of the type as a file would have it, and never as NULL.
std::string random_value(const Type& type, Dice& dice, const std::string& odd) {
  switch (type.id) {
    case TypeId::kBoolean: return dice.one_in(2) ? "true" : "false";
    case TypeId::kBigint: return std::to_string(static_cast<int64_t>(dice.below(1u << 31)) - (1 << 30));
    case TypeId::kDecimal: return dice.one_in(2) ? "18446744073709551616" : "98765432109876543210987";
    case TypeId::kDouble:
      return fmt::format("{}.{}", static_cast<int64_t>(dice.below(2000)) - 1000, 1 + dice.below(998));
    case TypeId::kDate: return random_date(dice);
    case TypeId::kTimestamp: return random_time(dice);
    default: return random_text(dice, odd);
  }
}

// What a value of delimited text or a string is, by the rules of values.h.
Value value_of(const Type& type, const std::string& text) {
  auto number = [&](int64_t value) { return Value{type, value}; };
  switch (type.id) {
    case TypeId::kBoolean: return number(text == "true");
    case TypeId::kBigint: return number(std::stoll(text));
    case TypeId::kDecimal: {
      Int128 value = 0;
      EXPECT_EQ(formats::parse_decimal(text, type.width, type.scale, value), formats::Parsed::kOk);
      return Value{type, value};
    }
    case TypeId::kDouble: return Value{type, std::stod(text)};
    case TypeId::kDate: {
      int32_t days = 0;
      EXPECT_EQ(formats::parse_date(text, days), formats::Parsed::kOk);
      return number(days);
    }
    case TypeId::kTimestamp: {
      int64_t micros = 0;
      EXPECT_EQ(formats::parse_timestamp(text, micros), formats::Parsed::kOk);
      return number(micros);
    }
    default: return Value{type, text};
  }
}

const std::vector<Type> kScalars = {TypeId::kBoolean, TypeId::kBigint,    Type::decimal(38, 0), TypeId::kDouble,
                                    TypeId::kDate,    TypeId::kTimestamp, TypeId::kVarchar};

struct Table {
  std::vector<Field> fields;
  std::vector<std::vector<std::optional<std::string>>> rows;
};

// The first column is no text, and the first row is whole: where nothing tells a header from a row, guessing may fail.
Table random_table(Dice& dice, const std::string& odd) {
  Table table;
  size_t columns = 2 + dice.below(7), rows = 8 + dice.below(60);
  for (size_t i = 0; i < columns; ++i) {
    Type type = i == 0 ? kScalars[dice.below(6)] : dice.of(kScalars);
    table.fields.push_back({fmt::format("name_{}", std::string(1, static_cast<char>('a' + i))), type});
  }
  for (size_t row = 0; row < rows; ++row) {
    auto& values = table.rows.emplace_back();
    for (const Field& field : table.fields) {
      bool null = row != 0 && dice.one_in(6);
      values.push_back(null ? std::nullopt : std::optional(random_value(field.type, dice, odd)));
    }
  }
  return table;
}

struct Written {
  std::string delimiter;
  std::optional<char> quote;
  bool header = false, latin1 = false, all_quoted = false;
  std::string null, line_end;
};

std::string latin1(const std::string& utf8) {
  std::string text;
  for (size_t i = 0; i < utf8.size(); ++i) {
    auto byte = static_cast<uint8_t>(utf8[i]);
    text += byte < 0x80 ? utf8[i] : static_cast<char>((byte & 3) << 6 | (static_cast<uint8_t>(utf8[++i]) & 0x3F));
  }
  return text;
}

std::string write(const Table& table, const Written& as, size_t from, size_t to, bool last_end) {
  std::string text;
  auto add_row = [&](const auto& values) {
    std::string row;
    for (size_t i = 0; i < values.size(); ++i) {
      if (i != 0) row += as.delimiter;
      std::optional<std::string> value = values[i];
      if (!value) {
        row += as.null;
        continue;
      }
      bool needed = as.quote && (value->find(as.delimiter) != std::string::npos ||
                                 value->find(*as.quote) != std::string::npos || value->find('\n') != std::string::npos);
      if (!needed && !(as.quote && as.all_quoted)) {
        row += *value;
        continue;
      }
      row += *as.quote;
      for (char c : *value) {
        row += c;
        if (c == *as.quote) row += c;
      }
      row += *as.quote;
    }
    text += row + as.line_end;
  };
  if (as.header) {
    std::vector<std::optional<std::string>> names;
    for (const Field& field : table.fields) names.emplace_back(field.name);
    add_row(names);
  }
  for (size_t row = from; row < to; ++row) add_row(table.rows[row]);
  if (!last_end) text.resize(text.size() - as.line_end.size());
  return as.latin1 ? latin1(text) : text;
}

TEST(ReadBack, DelimitedTextOfRandomTablesInRandomDialects) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Dice dice(seed);
    Written as;
    as.delimiter = dice.of<std::string>({",", "\t", ";", "|", "::", "||", "\x01"});
    // Whoever writes commas within values without quotes can't be read at all.
    bool quotes = dice.one_in(2) || as.delimiter == "," || as.delimiter == ";" || as.delimiter == "|";
    if (quotes) as.quote = dice.one_in(4) ? '\'' : '"';
    as.header = dice.one_in(2);
    as.latin1 = dice.one_in(4);
    as.all_quoted = dice.one_in(4);
    as.null = dice.of<std::string>({"", "", "NA", "\\N", "NULL"});
    as.line_end = dice.one_in(3) ? "\r\n" : "\n";
    Table table = random_table(dice, quotes ? "\nand another line" : "!");
    formats::TestFolder folder;
    size_t files = 1 + dice.below(4), all = table.rows.size(), from = 0;
    bool gzip = dice.one_in(4), mark = !as.latin1 && dice.one_in(4);
    for (size_t file = 0; file < files; ++file) {
      size_t to = file + 1 == files ? all : from + std::max<size_t>((all - from) / (files - file), 1);
      std::string text = write(table, as, from, to, !dice.one_in(3));
      if (mark) text = "\xEF\xBB\xBF" + text;
      folder.write(fmt::format("part-{}.csv{}", file, gzip ? ".gz" : ""), gzip ? formats::gzip(text) : text);
      from = to;
    }
    FoundSource found = source_at(folder.path(""));
    ASSERT_EQ(found.columns.size(), table.fields.size()) << found.source.format.delimiter;
    for (const Exception& exception : found.exceptions)
      ADD_FAILURE() << exception.file << ':' << exception.line << ": " << exception.reason;
    EXPECT_EQ(found.source.format.header, as.header) << reason(found, "header");
    std::vector<std::vector<Value>> expected;
    bool any_null = false;
    for (size_t i = 0; i < table.fields.size(); ++i) {
      EXPECT_EQ(type_text(found.columns[i].field.type), type_text(table.fields[i].type)) << i;
      EXPECT_TRUE(!as.header || found.columns[i].field.name == table.fields[i].name) << i;
      for (const auto& row : table.rows) any_null |= !row[i] && table.fields[i].type.id != TypeId::kVarchar;
    }
    // A spelling is known to be NULL by columns that are no text.
    bool null_known = as.null.empty() || as.null == "\\N" || any_null;
    for (const auto& row : table.rows) {
      auto& values = expected.emplace_back();
      for (size_t i = 0; i < row.size(); ++i) {
        Type type = table.fields[i].type;
        if (row[i]) {
          values.push_back(value_of(type, *row[i]));
        } else {
          values.push_back(null_known ? Value{type, {}} : Value{type, as.null});
        }
      }
    }
    ReadBack read = read_back(found);
    EXPECT_TRUE(read.bad.empty()) << read.bad.front().reason << ": " << read.bad.front().text;
    ASSERT_EQ(read.rows.size(), expected.size());
    EXPECT_EQ(found.rows, expected.size());
    for (size_t row = 0; row < expected.size(); ++row) {
      for (size_t i = 0; i < expected[row].size(); ++i) {
        ASSERT_EQ(to_string(read.rows[row][i]), to_string(expected[row][i])) << "row " << row << ", column " << i;
        ASSERT_EQ(read.rows[row][i].null(), expected[row][i].null());
      }
    }
    if (HasFailure()) return;
  }
}

Type random_type(Dice& dice, size_t depth) {
  if (depth < 3 && dice.one_in(4)) {
    std::vector<Field> fields;
    for (size_t i = 0, count = 1 + dice.below(4); i < count; ++i)
      fields.push_back({dice.of<std::string>({"a", "Key ", "x-y", "\"q\"", "größe"}) + std::to_string(i),
                        random_type(dice, depth + 1)});
    return Type::structure(std::move(fields));
  }
  if (depth < 3 && dice.one_in(4)) return Type::list(random_type(dice, depth + 1));
  return dice.of(kScalars);
}

// `whole`: with all keys and at least one element, so that the type can be seen.
json random_json(const Type& type, Dice& dice, bool whole) {
  if (!whole && dice.one_in(8)) return nullptr;
  if (type.id == TypeId::kStruct) {
    json object = json::object();
    for (const Field& field : type.fields)
      if (whole || !dice.one_in(6)) object[field.name] = random_json(field.type, dice, whole);
    return object;
  }
  if (type.id == TypeId::kList) {
    json array = json::array();
    for (size_t i = 0, count = (whole ? 1 : 0) + dice.below(3); i < count; ++i)
      array.push_back(random_json(type.element(), dice, whole && i == 0));
    return array;
  }
  std::string text = random_value(type, dice, "\n\xE2\x82\xAC");
  switch (type.id) {
    case TypeId::kBoolean: return text == "true";
    case TypeId::kBigint: return std::stoll(text);
    case TypeId::kDouble: return std::stod(text);
    default: return text;
  }
}

Value value_of_json(const Type& type, const json& value) {
  if (value.is_null()) return {type, {}};
  if (type.id == TypeId::kStruct) {
    std::vector<Value> fields;
    for (const Field& field : type.fields)
      fields.push_back(value_of_json(field.type, value.contains(field.name) ? value[field.name] : json()));
    return {type, std::move(fields)};
  }
  if (type.id == TypeId::kList) {
    std::vector<Value> elements;
    for (const json& element : value) elements.push_back(value_of_json(type.element(), element));
    return {type, std::move(elements)};
  }
  if (type.id == TypeId::kDouble) return {type, value.get<double>()};
  if (value.is_string()) return value_of(type, value.get<std::string>());
  return {type, value.is_boolean() ? int64_t{value.get<bool>()} : value.get<int64_t>()};
}

// Numbers of more than 64 bits are strings here, which stay texts.
Type without_decimals(Type type) {
  if (type.id == TypeId::kDecimal) return TypeId::kVarchar;
  for (Field& field : type.fields) field.type = without_decimals(field.type);
  return type;
}

TEST(ReadBack, JsonOfRandomTypesInAllItsForms) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Dice dice(seed);
    std::vector<Field> fields;
    for (size_t i = 0, count = 1 + dice.below(6); i < count; ++i)
      fields.push_back({dice.of<std::string>({"id", "firstName", "a.b", "with space"}) + std::to_string(i),
                        without_decimals(random_type(dice, 0))});
    size_t form = dice.below(3);  // lines, an array, an object a file
    size_t rows = form == 2 ? 1 + dice.below(4) : 1 + dice.below(50);
    std::vector<json> objects;
    for (size_t row = 0; row < rows; ++row) {
      json object = json::object();
      for (const Field& field : fields)
        if (row == 0 || !dice.one_in(6)) object[field.name] = random_json(field.type, dice, row == 0);
      objects.push_back(std::move(object));
    }
    formats::TestFolder folder;
    bool gzip = dice.one_in(4);
    auto write = [&](size_t number, const std::string& text) {
      folder.write(fmt::format("events-{}.json{}", number, gzip ? ".gz" : ""), gzip ? formats::gzip(text) : text);
    };
    int indent = dice.one_in(2) ? 2 : -1;
    if (form == 2) {
      for (size_t row = 0; row < rows; ++row) write(row, objects[row].dump(2));
    } else if (form == 1) {
      write(0, json(objects).dump(indent));
    } else {
      std::string text;
      for (const json& object : objects) text += object.dump() + (dice.one_in(9) ? "\r\n\n" : "\n");
      write(0, text);
    }
    FoundSource found = source_at(folder.path(""));
    for (const Exception& exception : found.exceptions)
      ADD_FAILURE() << exception.file << ':' << exception.line << ": " << exception.reason;
    ASSERT_EQ(found.columns.size(), fields.size());
    for (size_t i = 0; i < fields.size(); ++i) {
      EXPECT_EQ(found.columns[i].field.name, fields[i].name);
      EXPECT_EQ(type_text(found.columns[i].field.type), type_text(fields[i].type));
    }
    if (HasFailure()) return;
    ReadBack read = read_back(found);
    EXPECT_TRUE(read.bad.empty()) << read.bad.front().reason << ": " << read.bad.front().text;
    ASSERT_EQ(read.rows.size(), rows);
    for (size_t row = 0; row < rows; ++row) {
      for (size_t i = 0; i < fields.size(); ++i) {
        json value = objects[row].contains(fields[i].name) ? objects[row][fields[i].name] : json();
        ASSERT_EQ(to_string(read.rows[row][i]), to_string(value_of_json(fields[i].type, value)))
            << "row " << row << ", " << fields[i].name;
      }
    }
  }
}

}  // namespace
}  // namespace segue::crawl
