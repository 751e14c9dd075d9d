#include "runs/mistakes.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/suggestion.h"

namespace segue::runs {
Error definition_error(std::string message, Place place, std::string hint) {
  Error error;
  error.code = ErrorCode::kDefinition;
  error.message = std::move(message);
  error.place = std::move(place);
  error.hint = std::move(hint);
  return error;
}

std::vector<Field>::const_iterator find_field(const std::vector<Field>& fields, const std::string& name) {
  return std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return ascii::same(field.name, name); });
}

const Field* column_of(const definition::Step& step, const definition::Named& column, const std::vector<Field>& fields,
                       std::vector<Error>& errors) {
  auto found = find_field(fields, column.name);
  if (found != fields.end()) return &*found;
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  errors.push_back(definition_error(fmt::format("step `{}` has no column `{}`", step.name, column.name), column.place,
                                    suggest(column.name, names, "its columns")));
  return nullptr;
}

}  // namespace segue::runs
