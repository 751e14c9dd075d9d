// segue new NAME
#include <filesystem>
#include <fstream>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/templates.h"
#include "definition/schema.h"

namespace segue::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string folder;
  std::string name = "lastfm";
};

void write_file(const fs::path& path, std::string_view text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file)
    fail(ErrorCode::kIo, fmt::format("cannot write {}", path.string()), "is there room, and may you write there?");
}

bool occupied(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return false;
  return !fs::is_directory(folder, error) || !fs::is_empty(folder, error);
}

int make(const Options& options, const Context& context) {
  fs::path folder = fs::path(context.folder) / options.folder;
  if (occupied(folder))
    fail(ErrorCode::kUsage, fmt::format("{} exists already", folder.lexically_normal().string()),
         "choose a name that is free, or an empty folder");
  auto files = nlohmann::ordered_json::array();
  auto add = [&](const fs::path& path, std::string_view text) {
    write_file(folder / path, text);
    files.push_back(path.string());
  };
  for (const TemplateFile& file : template_files()) {
    if (file.name != options.name) continue;
    fs::path path = file.path == "dot-gitignore" ? ".gitignore" : fs::path(file.path);
    std::string text(file.text);
    // The template of a pipeline is one that stands in a project without a schema beside it.
    if (path.filename() == "pipeline.yaml")
      text = "# yaml-language-server: $schema=../../schema/pipeline.json\n" + text;
    add(path, text);
  }
  add("schema/project.json", definition::project_schema().dump(2) + "\n");
  add("schema/pipeline.json", definition::pipeline_schema().dump(2) + "\n");

  Printer& printer = context.printer;
  if (printer.json()) {
    printer.result_json({{"folder", fs::absolute(folder).lexically_normal().string()},
                         {"template", options.name},
                         {"files", std::move(files)}});
    return kDone;
  }
  printer.result(fmt::format("made {} from the template {}\n", folder.lexically_normal().string(), options.name));
  std::string next = fmt::format("next:\n  cd {}\n", options.folder);
  if (options.name == "lastfm") {
    next += "  segue generate lastfm --rows 1000000\n  segue run lastfm\n";
  } else {
    next += "  write pipelines/NAME/pipeline.yaml (README.md has one), then: segue check\n";
  }
  printer.message(next);
  return kDone;
}

}  // namespace

void add_new(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      commands.add("new",
                   {"Make a project in a new folder",
                    "The template lastfm is a project that runs: a pipeline of listening sessions and charts. The "
                    "template empty has the frame "
                    "alone. Both come with JSON Schemas, by which editors complete and check pipelines.",
                    {{"segue new music", "a project in ./music, from the template lastfm"},
                     {"segue new visits --template empty", "without a pipeline"}}},
                   [options](const Context& context) { return make(*options, context); });
  command->add_option("name", options->folder, "The folder to make; its last part is the name")
      ->type_name("NAME")
      ->required();
  command->add_option("--template", options->name, "lastfm (default) or empty")
      ->type_name("TEMPLATE")
      ->check(CLI::IsMember({"lastfm", "empty"}));
}

}  // namespace segue::cli
