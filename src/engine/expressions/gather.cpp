#include "engine/expressions/gather.h"

#include "base/error.h"
#include "engine/expressions/kernel.h"

namespace segue::engine {
namespace {

// Calls f with a value whose type has the size of one value of `type`: moving values only needs their size.
template <class F>
void with_value_size(const Type& type, F&& f) {
  switch (value_bytes(type)) {
    case 1: return f(uint8_t{});
    case 2: return f(uint16_t{});
    case 4: return f(uint32_t{});
    case 8: return f(uint64_t{});
    case 16: return f(Interval{});
    default: SEGUE_ASSERT(!"values have 1, 2, 4, 8 or 16 bytes");
  }
}

template <class T>
void gather_values(const Column& column, std::span<const uint32_t> rows, bool gaps, T* out) {
  const T* values = column.as<T>();
  size_t stride = column.stride;
  if (!gaps) {
    for (size_t i = 0; i < rows.size(); ++i) out[i] = values[rows[i] * stride];
  } else {
    for (size_t i = 0; i < rows.size(); ++i) out[i] = rows[i] == kNoRow ? T{} : values[rows[i] * stride];
  }
}

void gather_valid(const Column& column, std::span<const uint32_t> rows, bool gaps, Answer& answer) {
  if (column.valid == nullptr && !gaps) return;
  uint8_t* valid = answer.valid(rows.size());
  for (size_t i = 0; i < rows.size(); ++i)
    valid[i] = rows[i] != kNoRow && (column.valid == nullptr || column.valid[rows[i] * column.stride]);
}

void gather_list(const Column& column, std::span<const uint32_t> rows, Answer& answer) {
  uint64_t* offsets = answer.values<uint64_t>(rows.size() + 1);
  const uint64_t* from = column.as<uint64_t>();
  offsets[0] = 0;
  Array<uint32_t> elements;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] != kNoRow && column.is_valid(rows[i])) {
      size_t at = rows[i] * column.stride;
      for (uint64_t element = from[at]; element < from[at + 1]; ++element)
        elements.push_back(static_cast<uint32_t>(element));
    }
    offsets[i + 1] = elements.size();
  }
  answer.column.children.push_back(gather(column.children[0], {elements.data(), elements.size()}));
}

// Rows of a column, each with a value of its own.
Column gather_rows(const Column& column, std::span<const uint32_t> rows) {
  if (column.type.id == TypeId::kNull) return column;
  bool gaps = std::find(rows.begin(), rows.end(), kNoRow) != rows.end();
  Answer answer;
  if (column.coded()) {
    gather_values(column, rows, gaps, answer.values<uint32_t>(rows.size()));
    answer.column.dictionary = column.dictionary;
    return answer.finish(column.type, 1);
  }
  gather_valid(column, rows, gaps, answer);
  if (column.type.text()) {
    gather_values(column, rows, gaps, answer.values<std::string_view>(rows.size()));
    answer.keep(column);
  } else if (column.type.id == TypeId::kList) {
    gather_list(column, rows, answer);
  } else if (column.type.id == TypeId::kStruct) {
    for (const Column& child : column.children) answer.column.children.push_back(gather_rows(child, rows));
  } else {
    with_value_size(column.type,
                    [&](auto size) { gather_values(column, rows, gaps, answer.values<decltype(size)>(rows.size())); });
  }
  return answer.finish(column.type, 1);
}

}  // namespace

Column gather(const Column& column, std::span<const uint32_t> rows) {
  if (column.constant() && std::find(rows.begin(), rows.end(), kNoRow) == rows.end()) return column;
  return gather_rows(column, rows);
}

Column flatten(const Column& column, size_t rows) {
  if (!column.constant()) {
    // A STRUCT of its own may still have constant fields.
    if (column.type.id != TypeId::kStruct) return column;
    Column flat = column;
    for (Column& child : flat.children) child = flatten(child, rows);
    return flat;
  }
  Array<uint32_t> zeros(rows, 0);
  return gather_rows(column, {zeros.data(), rows});
}

Column null_column(const Type& type) {
  alignas(16) static constexpr std::byte kZeros[64] = {};
  Column column;
  column.type = type;
  column.stride = 0;
  column.values = kZeros;
  column.valid = reinterpret_cast<const uint8_t*>(kZeros);
  if (type.id == TypeId::kList) column.children.push_back(null_column(type.element()));
  if (type.id == TypeId::kStruct) {
    for (const Field& field : type.fields) column.children.push_back(null_column(field.type));
  }
  return column;
}

}  // namespace segue::engine
