// Mistakes of a definition that only its steps' columns show.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "definition/definition.h"

namespace segue::runs {

Error definition_error(std::string message, Place place, std::string hint);

// The column of that name, whatever the case of its letters; the end if there is none.
std::vector<Field>::const_iterator find_field(const std::vector<Field>& fields, const std::string& name);

// Null, and a mistake, if the step, which has these columns, has none of that name.
const Field* column_of(const definition::Step& step, const definition::Named& column, const std::vector<Field>& fields,
                       std::vector<Error>& errors);

}  // namespace segue::runs
