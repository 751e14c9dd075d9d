// concat() of gather.h, and blend() of blend.h: columns put together row by row.
#include "base/error.h"
#include "engine/expressions/blend.h"
#include "engine/expressions/gather.h"
#include "engine/expressions/kernel.h"

namespace segue::engine {
namespace {

bool always_null(const Column& column) {
  return column.type.id == TypeId::kNull || (column.constant() && !column.is_valid(0));
}

// The one dictionary that codes all columns that hold a value, or null.
std::shared_ptr<Dictionary> common_dictionary(std::span<const Column* const> columns) {
  std::shared_ptr<Dictionary> dictionary;
  for (const Column* column : columns) {
    if (always_null(*column)) continue;
    if (!column->coded() || (dictionary != nullptr && dictionary != column->dictionary)) return nullptr;
    dictionary = column->dictionary;
  }
  return dictionary;
}

// Reads columns of one type as values of T, whatever they are like; rows that are NULL give T{}.
template <class T>
struct Values {
  static T at(const Column& column, size_t row) {
    if (!column.is_valid(row)) return T{};
    if constexpr (std::is_same_v<T, std::string_view>) {
      return column.text(row);
    } else {
      return column.as<T>()[row * column.stride];
    }
  }
};

template <class F>
void with_value_type(const Type& type, bool coded, F&& f) {
  if (coded) return f(uint32_t{});
  if (type.text()) return f(std::string_view{});
  switch (value_bytes(type)) {
    case 1: return f(uint8_t{});
    case 2: return f(uint16_t{});
    case 4: return f(uint32_t{});
    case 8: return f(uint64_t{});
    case 16: return f(Interval{});
    default: SEGUE_ASSERT(!"values have 1, 2, 4, 8 or 16 bytes");
  }
}

void concat_valid(std::span<const Piece> pieces, size_t rows, Answer& answer) {
  bool nulls = false;
  for (const Piece& piece : pieces) {
    nulls |= piece.column->coded() || piece.column->valid != nullptr || piece.column->type.id == TypeId::kNull;
  }
  if (!nulls) return;
  uint8_t* valid = answer.valid(rows);
  for (const Piece& piece : pieces) {
    for (size_t i = 0; i < piece.rows; ++i)
      *valid++ = piece.column->type.id != TypeId::kNull && piece.column->is_valid(i);
  }
}

void concat_lists(const Type& type, std::span<const Piece> pieces, size_t rows, Answer& answer) {
  uint64_t* out = answer.values<uint64_t>(rows + 1);
  *out++ = 0;
  uint64_t end = 0;
  std::vector<Column> elements;
  std::vector<size_t> counts;
  for (const Piece& piece : pieces) {
    Column flat = always_null(*piece.column) ? null_column(type) : flatten(*piece.column, piece.rows);
    if (flat.constant()) flat = flatten(flat, piece.rows);
    const uint64_t* offsets = flat.as<uint64_t>();
    for (size_t i = 0; i < piece.rows; ++i) *out++ = end + offsets[i + 1] - offsets[0];
    uint64_t count = offsets[piece.rows] - offsets[0];
    end += count;
    elements.push_back(flat.children[0].slice(offsets[0]));
    counts.push_back(count);
  }
  std::vector<Piece> parts;
  for (size_t i = 0; i < elements.size(); ++i) parts.push_back({&elements[i], counts[i]});
  answer.column.children.push_back(concat(type.element(), parts));
}

}  // namespace

Column concat(const Type& type, std::span<const Piece> pieces) {
  if (type.id == TypeId::kNull) return null_column(type);
  if (pieces.size() == 1) return flatten(*pieces[0].column, pieces[0].rows);
  size_t rows = 0;
  std::vector<const Column*> columns;
  for (const Piece& piece : pieces) {
    rows += piece.rows;
    columns.push_back(piece.column);
  }
  Answer answer;
  auto dictionary = common_dictionary(columns);
  if (dictionary == nullptr) concat_valid(pieces, rows, answer);
  if (type.id == TypeId::kList) {
    concat_lists(type, pieces, rows, answer);
  } else if (type.id == TypeId::kStruct) {
    for (size_t field = 0; field < type.fields.size(); ++field) {
      std::vector<Piece> parts;
      for (const Piece& piece : pieces) parts.push_back({&piece.column->children[field], piece.rows});
      answer.column.children.push_back(concat(type.fields[field].type, parts));
    }
  } else {
    with_value_type(type, dictionary != nullptr, [&]<class T>(T) {
      T* out = answer.values<T>(rows);
      for (const Piece& piece : pieces) {
        const Column& column = *piece.column;
        // Coded pieces beside plain ones are read as text; everything else is copied as it lies.
        bool as_it_lies = dictionary != nullptr ? !always_null(column) : !column.coded() && !always_null(column);
        if (as_it_lies && column.stride == 1 && piece.rows != 0) {
          std::memcpy(static_cast<void*>(out), column.values, piece.rows * sizeof(T));
        } else {
          for (size_t i = 0; i < piece.rows; ++i) out[i] = always_null(column) ? T{} : Values<T>::at(column, i);
        }
        out += piece.rows;
        answer.keep(column);
      }
    });
    answer.column.dictionary = dictionary;
  }
  return answer.finish(type, 1);
}

Column blend(const Type& type, std::span<const Column> columns, std::span<const uint32_t> which) {
  if (type.id == TypeId::kNull) return null_column(type);
  size_t rows = which.size();
  if (type.nested()) {
    std::vector<Piece> pieces;
    for (const Column& column : columns) pieces.push_back({&column, rows});
    Array<uint32_t> from(rows);
    for (size_t i = 0; i < rows; ++i)
      from[i] = which[i] == kNoRow ? kNoRow : static_cast<uint32_t>(which[i] * rows + i);
    return gather(concat(type, pieces), {from.data(), rows});
  }
  std::vector<const Column*> pointers;
  for (const Column& column : columns) pointers.push_back(&column);
  auto dictionary = common_dictionary(pointers);
  Answer answer;
  with_value_type(type, dictionary != nullptr, [&]<class T>(T) {
    T* out = answer.values<T>(rows);
    std::vector<Column> sources;
    for (const Column& column : columns) {
      sources.push_back(column.type.id == TypeId::kNull ? null_column(type) : column);
      answer.keep(column);
    }
    if (dictionary != nullptr) {
      for (size_t i = 0; i < rows; ++i) {
        out[i] = which[i] == kNoRow || always_null(sources[which[i]]) ? T{} : Values<T>::at(sources[which[i]], i);
      }
      return;
    }
    uint8_t* valid = answer.valid(rows);
    for (size_t i = 0; i < rows; ++i) {
      out[i] = T{};
      valid[i] = which[i] != kNoRow && sources[which[i]].is_valid(i);
      if (valid[i]) out[i] = Values<T>::at(sources[which[i]], i);
    }
  });
  answer.column.dictionary = dictionary;
  return answer.finish(type, 1);
}

}  // namespace segue::engine
