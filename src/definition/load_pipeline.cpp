#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/suggestion.h"
#include "definition/load.h"
#include "definition/names.h"
#include "definition/paths.h"
#include "definition/readers.h"

namespace segue::definition {
namespace {

// The entries of `sources:` or `steps:`, at most limits::kDefinitionNames of them.
std::vector<Entry> bounded(const Section& root, std::string_view key) {
  const std::vector<Entry>* entries = root.has(key) ? root.named(key) : nullptr;
  if (entries == nullptr) return {};
  if (entries->size() <= limits::kDefinitionNames) return *entries;
  root.context().mistakes.add(fmt::format("more than {} {}", limits::kDefinitionNames, key), root.entry(key)->key_place,
                              "split the pipeline into several");
  return {};
}

void read_name(const Section& root, const std::string& folder, Pipeline& pipeline) {
  std::optional<Filled> name = root.text("name");
  if (!name) return;
  pipeline.name = name->text;
  Mistakes& mistakes = root.context().mistakes;
  if (!check_name(NameOf::kPipeline, name->text, name->place, mistakes) || name->text == folder) return;
  mistakes.add(fmt::format("the pipeline is called `{}`, but its folder `{}`", name->text, folder), name->place,
               fmt::format("write `name: {}`, or rename the folder", folder));
}

// What is only wrong because of something else in the file.
void check_together(const Pipeline& pipeline, Mistakes& mistakes) {
  for (const Step& step : pipeline.steps) {
    const Source* source = pipeline.source(step.name);
    if (source == nullptr) continue;
    mistakes.add(
        fmt::format("a source and a step are both called `{}`", step.name), step.place,
        fmt::format("SQL could not tell them apart: rename one; the source is in line {}", source->place.line));
  }
  std::map<std::string, const Step*> exports;
  for (const Step& step : pipeline.steps) {
    if (!step.export_to) continue;
    std::string path = step.export_to->path.string();
    auto [other, fresh] = exports.emplace(path, &step);
    if (!fresh) {
      mistakes.add(fmt::format("the steps `{}` and `{}` export to the same file", other->second->name, step.name),
                   step.export_to->place, "give each a file of its own");
    }
    for (const Source& source : pipeline.sources) {
      if (source.path != path) continue;
      mistakes.add(fmt::format("the export of step `{}` would overwrite the source `{}`", step.name, source.name),
                   step.export_to->place, "give it a file of its own");
    }
  }
}

std::filesystem::path find_pipeline(const Project& project, std::string_view name) {
  std::vector<std::string> names = pipeline_names(project);
  if (std::find(names.begin(), names.end(), name) != names.end())
    return project.folder / "pipelines" / std::string(name);
  std::string hint = names.empty() ? fmt::format("there is none yet: write {}",
                                                 shown_path(project.folder / "pipelines/NAME/pipeline.yaml"))
                                   : suggest(name, names, "pipelines");
  fail(ErrorCode::kUsage, fmt::format("there is no pipeline `{}`", name), hint);
}

}  // namespace

PipelineDraft read_pipeline(const Project& project, std::string_view name, const LoadOptions& options) {
  PipelineDraft draft;
  Pipeline& pipeline = draft.pipeline;
  pipeline.name = name;
  pipeline.folder = find_pipeline(project, name);
  pipeline.file = pipeline.folder / "pipeline.yaml";

  Mistakes mistakes;
  std::string shown = shown_path(pipeline.file);
  TextFilePtr file = read_text_file(pipeline.file.string(), shown, mistakes.errors());
  NodePtr root = file ? parse_yaml(file, mistakes.errors()) : nullptr;
  if (!root) return {std::move(pipeline), in_order(std::move(mistakes.errors()), shown), {}, {}, false};

  Folders folders{project.folder, pipeline.folder};
  // Defaults of parameters are read first, and cannot use parameters.
  Variables no_params(options.without_values, /*params_allowed=*/false);
  Variables variables(options.without_values, /*params_allowed=*/true);
  Context for_params{mistakes, no_params};
  Context context{mistakes, variables};
  std::optional<Section> section =
      section_of(*root, pipeline_table(), "the pipeline", root->place, fmt::format("name: {}", name), for_params);
  draft.names_known = section.has_value();
  if (section) {
    // What is called `source` may have been meant as `sources`.
    draft.names_known = mistakes.size() == 0 || (section->has("sources") && section->has("steps"));
    read_name(*section, std::string(name), pipeline);
    if (std::optional<Filled> description = section->text("description")) pipeline.description = description->text;
    pipeline.retention = read_retention(*section);
    pipeline.params = read_params(*section, folders, options, variables, draft.unsound_params);
    size_t before = mistakes.size();
    std::vector<Entry> sources = bounded(*section, "sources");
    std::vector<Entry> steps = bounded(*section, "steps");
    if (mistakes.size() != before) draft.names_known = false;
    for (const Entry& entry : sources) {
      const Source& source = pipeline.sources.emplace_back(read_source(entry, folders, context));
      if (source.columns.empty() && source.table.empty()) draft.unsound.insert(source.name);
    }
    for (const Entry& entry : steps) {
      const Step& step = pipeline.steps.emplace_back(read_step(entry, folders, context));
      if (step.sql.text().empty() || pipeline.source(step.name) != nullptr) draft.unsound.insert(step.name);
    }
    check_together(pipeline, mistakes);
  }
  draft.mistakes = in_order(std::move(mistakes.errors()), shown);
  return draft;
}

Pipeline load_pipeline(const Project& project, std::string_view name, const LoadOptions& options) {
  PipelineDraft draft = read_pipeline(project, name, options);
  if (!draft.mistakes.empty()) throw Failure(std::move(draft.mistakes));
  return std::move(draft.pipeline);
}

}  // namespace segue::definition
