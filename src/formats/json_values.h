// One scalar of a JSON text to a value of a column: the conversions of docs/formats.md, which are those of DuckDB's
// read_json with declared columns, but for what would hide a mistake.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "columns/type.h"
#include "formats/values.h"

namespace segue::formats {

// True if the whole text is a number as JSON writes it.
bool json_number(std::string_view text);

// A number to a value of `type` at `value`: of value_bytes(type) bytes, unspecified unless kOk is returned.
// REQUIRES: json_number(text); type is readable() and not VARCHAR.
Parsed number_to_value(const Type& type, std::string_view text, void* value);

// true or false. REQUIRES: as number_to_value.
Parsed boolean_to_value(const Type& type, bool truth, void* value);

// The text of a string, unescaped, which may say what a field of a delimited file may (values.h). REQUIRES: as
// number_to_value.
Parsed text_to_value(const Type& type, std::string_view text, void* value);

// What a DOUBLE is as an integer type or FLOAT, rounded half to even. kRange if it does not fit.
Parsed double_to_value(const Type& type, double number, void* value);

}  // namespace segue::formats
