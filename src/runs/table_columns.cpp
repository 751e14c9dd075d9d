#include "runs/table_columns.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <system_error>

#include "base/error.h"
#include "definition/load.h"
#include "runs/prepare.h"

namespace segue::runs {
namespace {

class Definitions {
 public:
  explicit Definitions(const definition::Project& project) : project_(project) {}

  std::optional<std::vector<Field>> columns(const lake::TableName& name) {
    const Prepared* prepared = pipeline(name.pipeline);
    if (prepared == nullptr) return std::nullopt;
    auto step =
        std::ranges::find_if(prepared->steps, [&](const PreparedStep& each) { return each.step->name == name.step; });
    if (step == prepared->steps.end() || step->step->view) return std::nullopt;
    return step->fields;
  }

 private:
  // Null while it is read, so that a circle ends.
  const Prepared* pipeline(const std::string& name) {
    auto [known, fresh] = pipelines_.try_emplace(name);
    if (!fresh) return known->second.get();
    try {
      PrepareOptions options;
      options.find_columns = [this](const lake::TableName& table) { return columns(table); };
      std::unique_ptr<const Prepared> prepared =
          prepare(definition::load_pipeline(project_, name, {{}, true}), options);
      pipelines_[name] = std::move(prepared);
    } catch (const Failure&) {  // `segue check` of that pipeline tells
    }
    return pipelines_[name].get();
  }

  const definition::Project project_;
  std::map<std::string, std::unique_ptr<const Prepared>> pipelines_;
};

}  // namespace

FindColumns columns_by_definition(const definition::Project& project) {
  auto definitions = std::make_shared<Definitions>(project);
  return [definitions](const lake::TableName& name) { return definitions->columns(name); };
}

FindColumns columns_in_lake(const lake::Lake& lake) {
  return [lake](const lake::TableName& name) -> std::optional<std::vector<Field>> {
    std::optional<lake::TableState> table = lake.find(name);
    if (!table) return std::nullopt;
    return std::move(table->fields);
  };
}

FindColumns known_columns(const definition::Project& project) {
  std::filesystem::path lake = definition::settings(project).lake;
  std::error_code error;
  FindColumns published;
  if (std::filesystem::is_directory(lake, error)) published = columns_in_lake(lake::Lake(lake.string()));
  return [defined = columns_by_definition(project), published](const lake::TableName& name) {
    std::optional<std::vector<Field>> columns = defined(name);
    return columns || !published ? columns : published(name);
  };
}

}  // namespace segue::runs
