// Rows taken from several columns: the last step of CASE and COALESCE. Internal to the evaluator.
#pragma once

#include <cstdint>
#include <span>

#include "columns/column.h"

namespace segue::engine {

// Row i of the result is columns[which[i]][i]; NULL where which[i] is kNoRow.
// REQUIRES: each column is of this type, with which.size() rows or constant.
Column blend(const Type& type, std::span<const Column> columns, std::span<const uint32_t> which);

}  // namespace segue::engine
