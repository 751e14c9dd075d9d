// The larger parts of the table of keys, a file each; for keys.cpp, which has the rest.
#pragma once

#include "definition/keys.h"

namespace segue::definition {

const Table& source_table();
const Table& step_table();
const Table& check_table();

}  // namespace segue::definition
