// segue schema [pipeline|project]
#include "definition/schema.h"

#include <memory>

#include <nlohmann/json.hpp>

#include "cli/command.h"

namespace segue::cli {
namespace {

int schema(const std::string& of, const Context& context) {
  context.printer.result_json(of == "project" ? definition::project_schema() : definition::pipeline_schema());
  return kDone;
}

}  // namespace

void add_schema(Commands& commands) {
  auto of = std::make_shared<std::string>("pipeline");
  CLI::App* command = commands.add(
      "schema",
      {"Print the JSON Schema of pipeline.yaml or segue.yaml",
       "Editors complete and check with it while one types. In a pipeline.yaml, name it in the first line: "
       "# yaml-language-server: $schema=../../schema/pipeline.json",
       {{"segue schema > schema/pipeline.json", "of pipeline.yaml"},
        {"segue schema project > schema/project.json", "of segue.yaml"}}},
      [of](const Context& context) { return schema(*of, context); });
  command->add_option("file", *of, "pipeline (default) or project")
      ->type_name("SCHEMA")
      ->check(CLI::IsMember({"pipeline", "project"}));
}

}  // namespace segue::cli
