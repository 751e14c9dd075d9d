// How the columns that a step has now differ from those of its table, and whether the definition lets them.
#pragma once

#include <string>
#include <vector>

#include "columns/type.h"
#include "lake/lake.h"
#include "runs/prepare.h"

namespace segue::runs {

// Names are compared letter for letter, as readers of tables do; the order of columns does not count.
struct SchemaChange {
  std::vector<std::string> added;    // names
  std::vector<std::string> widened;  // whole numbers that have more digits now
  std::vector<std::string> removed;
  std::vector<std::string> retyped;  // any other change of type

  bool any() const { return !added.empty() || !widened.empty() || !removed.empty() || !retyped.empty(); }
  // What `schema: {changes: add}` is for.
  bool only_adds() const { return removed.empty() && retyped.empty(); }
  // "`country` is new, `plays` becomes BIGINT (it is INTEGER), `artist` is gone"
  std::string text(const std::vector<Field>& before, const std::vector<Field>& now) const;
};

SchemaChange compare_columns(const std::vector<Field>& before, const std::vector<Field>& now);

// Throws Failure(kDefinition) with a mistake for each step whose columns differ from those of its table in a way that
// the step does not allow, located at what says so. Tables that cannot be read are passed over: to say so is for whoever
// needs their rows.
void refuse_schema_changes(const Prepared& prepared, const lake::Lake& lake);

}  // namespace segue::runs
