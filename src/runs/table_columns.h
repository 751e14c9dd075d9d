// The columns of tables that are sources, where the tables themselves are not looked at.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "columns/type.h"
#include "definition/definition.h"
#include "lake/lake.h"
#include "lake/table.h"

namespace segue::runs {

using FindColumns = std::function<std::optional<std::vector<Field>>(const lake::TableName&)>;

// What the definitions of a project's pipelines say that they will publish: needs neither data nor a lake. Nothing for a
// step that there is not, that makes no table, whose pipeline has mistakes, or reads in a circle what depends on it.
// Definitions are read once, when they are asked for. Not thread-safe.
FindColumns columns_by_definition(const definition::Project& project);

// What the newest versions have.
FindColumns columns_in_lake(const lake::Lake& lake);

// By definition, else what a lake on this machine has.
FindColumns known_columns(const definition::Project& project);

}  // namespace segue::runs
