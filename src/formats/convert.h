// Fields of one column of a batch to values: one tight loop a type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "columns/dictionary.h"
#include "columns/type.h"
#include "formats/kernels.h"

namespace segue::formats {

// True for the types that a field can be read as.
bool readable(const Type& type);

// Bytes of one value at `values` of convert_fields: those of value_bytes(), or a string_view for VARCHAR.
size_t converted_bytes(const Type& type);

// Values of `type` from the fields, NULL rows unspecified. bad[row] becomes 1 where a field is no value of the type;
// other entries stay. Returns how many are bad. VARCHAR becomes views into the copies made at `text`, which has room
// for the sum of the lengths. `scratch` has room for all rows. REQUIRES: readable(type).
size_t convert_fields(const Kernels& kernels, const Type& type, const TextFields& fields, void* values, char* text,
                      uint8_t* bad, uint32_t* scratch);

// As convert_fields for VARCHAR, but only looks.
size_t validate_text(const TextFields& fields, uint8_t* bad);

// Why the text is no value of the type: "'yesterday' is not a TIMESTAMP"; empty if it is one.
std::string explain(const Type& type, std::string_view text);

}  // namespace segue::formats
