// Rows of columns, picked and put together.
#pragma once

#include <cstdint>
#include <span>

#include "columns/column.h"
#include "engine/expressions/compare.h"  // IWYU pragma: export

namespace segue::engine {

// Stands for "no row" in gather(): the result is NULL there.
inline constexpr uint32_t kNoRow = 0xFFFFFFFFu;

// Column[rows[0]], column[rows[1]], …, for every type: coded stays coded, constant stays constant (unless a row is
// kNoRow). The result owns its memory except the bytes of strings, which it keeps alive through the column's owner or
// dictionary. REQUIRES: each of rows is a row of column, or kNoRow.
Column gather(const Column& column, std::span<const uint32_t> rows);

// A run of rows of one column.
struct Piece {
  const Column* column;
  size_t rows;  // the first `rows` rows of it; see Column::slice() for others
};

// All rows of the pieces, one after the other, as one column that is not constant. Coded if all pieces are coded by one
// dictionary. REQUIRES: every piece has this type.
Column concat(const Type& type, std::span<const Piece> pieces);

// The column with a value of its own for each row, never constant; itself if it is that already.
Column flatten(const Column& column, size_t rows);

// `rows` rows of NULL (a constant column).
Column null_column(const Type& type);

}  // namespace segue::engine
