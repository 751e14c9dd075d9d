#include "cli/find_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/suggestion.h"

namespace segue::cli {
namespace {

// Those with this full name or, if only one has it, step's name; throws if there is none.
std::vector<lake::TableName> by_name(const std::vector<lake::TableName>& all, const std::string& name) {
  std::vector<std::string> names;
  std::vector<lake::TableName> found;
  for (const auto& table : all) {
    if (ascii::same(table.full(), name)) return {table};
    if (ascii::same(table.step, name)) found.push_back(table);
    names.push_back(table.full());
  }
  if (found.size() == 1) return found;
  if (found.size() > 1)
    fail(ErrorCode::kUsage, fmt::format("several pipelines have a table `{}`", name), suggest(name, names, "tables"));
  if (names.empty())
    fail(ErrorCode::kUsage, fmt::format("there is no table `{}`: the lake is empty", name),
         "`segue run PIPELINE` makes tables");
  fail(ErrorCode::kUsage, fmt::format("there is no table `{}`", name), suggest(name, names, "tables"));
}

}  // namespace

std::vector<lake::TableName> find_tables(const lake::Lake& lake, const std::string& name) {
  std::vector<lake::TableName> all = lake.tables();
  std::vector<lake::TableName> of_pipeline;
  for (const auto& table : all)
    if (table.pipeline == name) of_pipeline.push_back(table);
  return of_pipeline.empty() ? by_name(all, name) : of_pipeline;
}

lake::TableName find_table(const lake::Lake& lake, const std::string& name) {
  return by_name(lake.tables(), name).front();
}

}  // namespace segue::cli
