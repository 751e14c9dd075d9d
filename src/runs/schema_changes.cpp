#include "runs/schema_changes.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "runs/mistakes.h"

namespace segue::runs {
namespace {

// The digits of a whole number's type, as bytes; 0 of any other type.
size_t width_of(const Type& type) {
  switch (type.id) {
    case TypeId::kTinyint: return 1;
    case TypeId::kSmallint: return 2;
    case TypeId::kInteger: return 4;
    case TypeId::kBigint: return 8;
    default: return 0;
  }
}

const Field* named(const std::vector<Field>& fields, const std::string& name) {
  auto found = std::ranges::find(fields, name, &Field::name);
  return found == fields.end() ? nullptr : &*found;
}

std::string hint_of(const definition::Step& step, const SchemaChange& change) {
  bool grows = step.write.mode != definition::WriteMode::kReplace;
  std::string any = grows ? "`schema: {changes: any}` makes all rows anew with the columns that the step has, of the "
                            "files that there are"
                          : "`schema: {changes: any}` publishes it all the same";
  if (!change.only_adds()) return any;
  return fmt::format("{}; {}",
                     grows ? "`schema: {changes: add}` keeps the rows that are there, with NULL in new columns"
                           : "`schema: {changes: add}` lets columns come and whole numbers become wider",
                     any);
}

std::optional<lake::TableState> find(const lake::TableName& name, const lake::Lake& lake) {
  try {
    return lake.find(name);
  } catch (const Failure& failure) {
    if (failure.error().code != ErrorCode::kIo) throw;
    return std::nullopt;
  }
}

}  // namespace

std::string SchemaChange::text(const std::vector<Field>& before, const std::vector<Field>& now) const {
  std::vector<std::string> parts;
  for (const std::string& name : added)
    parts.push_back(fmt::format("`{}` ({}) is new", name, to_string(named(now, name)->type)));
  for (const std::vector<std::string>* names : {&widened, &retyped})
    for (const std::string& name : *names)
      parts.push_back(fmt::format("`{}` becomes {} (it is {})", name, to_string(named(now, name)->type),
                                  to_string(named(before, name)->type)));
  for (const std::string& name : removed) parts.push_back(fmt::format("`{}` is gone", name));
  return fmt::format("{}", fmt::join(parts, ", "));
}

SchemaChange compare_columns(const std::vector<Field>& before, const std::vector<Field>& now) {
  SchemaChange change;
  for (const Field& field : now) {
    const Field* old = named(before, field.name);
    if (old == nullptr)
      change.added.push_back(field.name);
    else if (width_of(old->type) != 0 && width_of(old->type) < width_of(field.type))
      change.widened.push_back(field.name);
    else if (old->type != field.type)
      change.retyped.push_back(field.name);
  }
  for (const Field& field : before)
    if (named(now, field.name) == nullptr) change.removed.push_back(field.name);
  return change;
}

void refuse_schema_changes(const Prepared& prepared, const lake::Lake& lake) {
  std::vector<Error> errors;
  for (const PreparedStep& step : prepared.steps) {
    definition::SchemaChanges allowed = step.step->allowed_changes();
    if (step.step->view || allowed == definition::SchemaChanges::kAny) continue;
    std::optional<lake::TableState> table = find({prepared.pipeline.name, step.step->name}, lake);
    if (!table) continue;
    SchemaChange change = compare_columns(table->fields, step.fields);
    if (!change.any() || (allowed == definition::SchemaChanges::kAdd && change.only_adds())) continue;
    const Place& place = step.step->schema_changes ? step.step->schema_place : step.step->write.place;
    errors.push_back(
        definition_error(fmt::format("step `{}` would change the columns of its table {}: {}", step.step->name,
                                     table->name.full(), change.text(table->fields, step.fields)),
                         place, hint_of(*step.step, change)));
  }
  if (!errors.empty()) throw Failure(std::move(errors));
}

}  // namespace segue::runs
