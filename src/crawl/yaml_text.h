// Definitions of sources as YAML, as a person would write them.
#pragma once

#include <string>
#include <string_view>

#include "definition/definition.h"

namespace segue::crawl {

// A text as a scalar: in double quotes unless it is a plain word that YAML takes for nothing else.
std::string yaml_scalar(std::string_view text);
// As above, where variables are filled in: `$` is `$$`.
std::string yaml_value(std::string_view text);

// The entry of a source below `sources:`, its name `indent` spaces from the left, each level below `step` more. `path`:
// as it is to be written.
std::string source_entry(const definition::Source& source, std::string_view path, size_t indent = 2, size_t step = 2);

}  // namespace segue::crawl
