// One value of an Arrow array as text, for people and for files.
#pragma once

#include <cstdint>
#include <string>

#include <arrow/type_fwd.h>

#include "cli/terminal/text.h"

namespace segue::cli {

// Appends the value as DuckDB casts it to VARCHAR; lists as [a, b], structs as {'name': value}, NULL as "NULL".
// REQUIRES: row < array.length().
void append_text(const arrow::Array& array, int64_t row, std::string& out);

// Appends the value as JSON: numbers of every size as numbers, NaN and infinities as null, times, dates and bytes as
// strings.
void append_json(const arrow::Array& array, int64_t row, std::string& out);

// text as a JSON string with its quotes; invalid UTF-8 as U+FFFD.
std::string json_string(std::string_view text);

// The type as SQL spells it, in small letters: "bigint", "struct(a bigint)[]".
std::string type_text(const arrow::DataType& type);

// Numbers stand right.
Align align_of(const arrow::DataType& type);
bool is_number(const arrow::DataType& type);

// Times, dates, numbers: short, and of no use when cut.
bool is_short(const arrow::DataType& type);

}  // namespace segue::cli
