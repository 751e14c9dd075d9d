#include "columns/value.h"

#include <cstring>

#include "base/error.h"
#include "base/memory.h"

namespace segue {

namespace {

template <class T>
int64_t integer_at(const Column& column, size_t index) {
  return static_cast<int64_t>(column.as<T>()[index]);
}

// The one entry of a constant column and what it stands in.
struct Entry {
  Value value;
  std::string_view text;
  uint64_t offsets[2] = {0, 0};
  uint8_t valid = 1;
  std::vector<Column> children;
  alignas(16) std::byte number[16] = {};
};

template <class T>
void store(Entry& entry, T number) {
  std::memcpy(entry.number, &number, sizeof(T));
}

// A column of several values, for the elements of a constant list.
Column column_of(const std::vector<Value>& values, const Type& type);

void fill_number(Entry& entry, const Type& type, const Value& value) {
  if (value.null()) return;
  if (auto wide = std::get_if<Int128>(&value.data)) return store(entry, *wide);
  if (auto interval = std::get_if<Interval>(&value.data)) return store(entry, *interval);
  if (auto real = std::get_if<double>(&value.data)) {
    return type.id == TypeId::kFloat ? store(entry, static_cast<float>(*real)) : store(entry, *real);
  }
  int64_t number = std::get<int64_t>(value.data);
  if (type.id == TypeId::kHugeint || type.wide_decimal()) return store(entry, static_cast<Int128>(number));
  store(entry, number);  // little-endian: its first bytes are the narrower number
}

Column column_of(const std::vector<Value>& values, const Type& type) {
  struct Storage {
    std::vector<Value> values;
    std::vector<uint8_t> valid;
    std::vector<std::string_view> texts;
    std::vector<uint64_t> offsets;
    Array<std::byte> numbers;
  };
  auto storage = std::make_shared<Storage>();
  storage->values = values;
  Column column;
  column.type = type;
  for (const Value& value : storage->values) storage->valid.push_back(value.null() ? 0 : 1);
  column.valid = storage->valid.data();
  if (type.text()) {
    for (const Value& value : storage->values) {
      storage->texts.push_back(value.null() ? std::string_view() : std::string_view(std::get<std::string>(value.data)));
    }
    column.values = storage->texts.data();
  } else if (type.id == TypeId::kList) {
    std::vector<Value> elements;
    storage->offsets.push_back(0);
    for (const Value& value : storage->values) {
      if (!value.null()) {
        const auto& list = std::get<std::vector<Value>>(value.data);
        elements.insert(elements.end(), list.begin(), list.end());
      }
      storage->offsets.push_back(elements.size());
    }
    column.values = storage->offsets.data();
    column.children.push_back(column_of(elements, type.element()));
  } else if (type.id == TypeId::kStruct) {
    for (size_t f = 0; f < type.fields.size(); ++f) {
      std::vector<Value> parts;
      for (const Value& value : storage->values) {
        parts.push_back(value.null() ? Value{type.fields[f].type, {}} : std::get<std::vector<Value>>(value.data)[f]);
      }
      column.children.push_back(column_of(parts, type.fields[f].type));
    }
  } else {
    size_t width = value_bytes(type);
    storage->numbers.resize(values.size() * width);
    Entry entry;
    for (size_t i = 0; i < values.size(); ++i) {
      fill_number(entry, type, values[i]);
      std::memcpy(storage->numbers.data() + i * width, entry.number, width);
    }
    column.values = storage->numbers.data();
  }
  column.owner = storage;
  return column;
}

}  // namespace

Value value_at(const Column& column, size_t row) {
  Value value{column.type, {}};
  if (column.type.id == TypeId::kNull || !column.is_valid(row)) return value;
  size_t i = row * column.stride;
  switch (column.type.id) {
    case TypeId::kNull: break;
    case TypeId::kBoolean: value.data = static_cast<int64_t>(column.as<uint8_t>()[i] != 0); break;
    case TypeId::kTinyint: value.data = integer_at<int8_t>(column, i); break;
    case TypeId::kSmallint: value.data = integer_at<int16_t>(column, i); break;
    case TypeId::kInteger:
    case TypeId::kDate: value.data = integer_at<int32_t>(column, i); break;
    case TypeId::kBigint:
    case TypeId::kTimestamp: value.data = integer_at<int64_t>(column, i); break;
    case TypeId::kHugeint: value.data = column.as<Int128>()[i]; break;
    case TypeId::kFloat: value.data = static_cast<double>(column.as<float>()[i]); break;
    case TypeId::kDouble: value.data = column.as<double>()[i]; break;
    case TypeId::kDecimal:
      if (column.type.wide_decimal()) {
        value.data = column.as<Int128>()[i];
      } else {
        value.data = integer_at<int64_t>(column, i);
      }
      break;
    case TypeId::kVarchar:
    case TypeId::kBlob: value.data = std::string(column.text(row)); break;
    case TypeId::kInterval: value.data = column.as<Interval>()[i]; break;
    case TypeId::kList: {
      std::vector<Value> elements;
      for (uint64_t e = column.as<uint64_t>()[i]; e < column.as<uint64_t>()[i + 1]; ++e) {
        elements.push_back(value_at(column.children[0], e));
      }
      value.data = std::move(elements);
      break;
    }
    case TypeId::kStruct: {
      std::vector<Value> parts;
      for (const Column& child : column.children) parts.push_back(value_at(child, row));
      value.data = std::move(parts);
      break;
    }
  }
  return value;
}

Column constant_column(const Value& value) {
  auto entry = std::make_shared<Entry>();
  entry->value = value;
  entry->valid = value.null() ? 0 : 1;
  Column column;
  column.type = value.type;
  column.stride = 0;
  if (value.null()) column.valid = &entry->valid;
  if (value.type.text()) {
    if (!value.null()) entry->text = std::get<std::string>(entry->value.data);
    column.values = &entry->text;
  } else if (value.type.id == TypeId::kList) {
    static const std::vector<Value> kNone;
    const auto& elements = value.null() ? kNone : std::get<std::vector<Value>>(value.data);
    entry->offsets[1] = elements.size();
    column.values = entry->offsets;
    column.children.push_back(column_of(elements, value.type.element()));
  } else if (value.type.id == TypeId::kStruct) {
    for (size_t f = 0; f < value.type.fields.size(); ++f) {
      const Type& type = value.type.fields[f].type;
      column.children.push_back(
          constant_column(value.null() ? Value{type, {}} : std::get<std::vector<Value>>(value.data)[f]));
    }
  } else {
    fill_number(*entry, value.type, value);
    column.values = entry->number;
  }
  column.owner = entry;
  return column;
}

}  // namespace segue
