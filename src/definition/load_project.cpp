#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/quantity.h"
#include "base/suggestion.h"
#include "definition/load.h"
#include "definition/names.h"
#include "definition/paths.h"
#include "definition/readers.h"
#include "definition/values.h"

namespace segue::definition {
namespace {

constexpr Choice<EngineName> kEngines[] = {{"native", EngineName::kNative}, {"duckdb", EngineName::kDuckdb}};
constexpr std::string_view kProjectFile = "segue.yaml";

bool is_there(const std::filesystem::path& path) {
  std::error_code problem;
  return std::filesystem::exists(path, problem);
}

// The nearest folder with a segue.yaml, from `folder` upward; empty if there is none.
std::filesystem::path find_project(std::filesystem::path folder) {
  while (true) {
    if (is_there(folder / kProjectFile)) return folder;
    if (folder == folder.parent_path()) return {};
    folder = folder.parent_path();
  }
}

void apply(const Profile& profile, Settings& settings) {
  if (profile.lake) settings.lake = *profile.lake;
  if (profile.engine) settings.engine = *profile.engine;
  if (profile.memory) settings.memory = profile.memory;
  if (profile.threads) settings.threads = profile.threads;
  if (profile.retention) settings.retention = profile.retention;
  for (auto value : {&S3Settings::endpoint, &S3Settings::region, &S3Settings::profile})
    if (!(profile.s3.*value).empty()) settings.s3.*value = profile.s3.*value;
}

void read_profiles(const Section& root, Project& project) {
  if (!root.has("profiles")) return;
  const std::vector<Entry>* entries = root.named("profiles");
  if (entries == nullptr) return;
  Context& context = root.context();
  if (entries->size() > limits::kDefinitionNames) {
    context.mistakes.add(fmt::format("more than {} profiles", limits::kDefinitionNames),
                         root.entry("profiles")->key_place);
    return;
  }
  static const Table& table = *project_table().find("profiles")->table;
  for (const Entry& entry : *entries) {
    const std::string& name = entry.key.text();
    check_name(NameOf::kProfile, name, entry.key_place, context.mistakes);
    std::optional<Section> section = section_of(*entry.value, table, fmt::format("profile `{}`", name), entry.key_place,
                                                fmt::format("{}: {{memory: 4 GiB}}", name), context);
    if (!section) continue;
    Profile profile = read_settings(*section, project.folder);
    profile.name = name;
    profile.place = entry.key_place;
    project.profiles.push_back(std::move(profile));
  }
}

S3Settings read_s3(const Section& section) {
  S3Settings s3;
  auto read = [&](const char* key, std::string& value) {
    std::optional<Filled> text = section.text(key);
    if (!text || !text->known) return;
    if (text->text.empty()) section.context().mistakes.add(fmt::format("`{}` is empty", key), text->place);
    value = text->text;
    if (value.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos)
      section.context().mistakes.add(fmt::format("`{}` is one line of text", key), text->place);
  };
  read("endpoint", s3.endpoint);
  read("region", s3.region);
  read("profile", s3.profile);
  if (!s3.endpoint.empty() && !is_web(s3.endpoint))
    section.context().mistakes.add(fmt::format("the endpoint `{}` is no URL", s3.endpoint),
                                   section.entry("endpoint")->value->place, section.example("endpoint"));
  return s3;
}

}  // namespace

std::optional<int64_t> read_retention(const Section& section) {
  std::optional<Filled> text = section.text("retention");
  if (!text || !text->known) return std::nullopt;
  std::optional<int64_t> retention = parse_duration(text->text);
  if (!retention)
    section.context().mistakes.add(fmt::format("`retention` must be a length of time, not `{}`", text->text),
                                   text->place, section.example("retention"));
  return retention;
}

Profile read_settings(const Section& section, const std::filesystem::path& project_folder) {
  Profile profile;
  Mistakes& mistakes = section.context().mistakes;
  if (std::optional<Filled> lake = section.text("lake"); lake && lake->known) {
    bool elsewhere = is_url(lake->text) && !is_s3(lake->text);
    if (lake->text.empty() || elsewhere || lake->text.find('\0') != std::string::npos) {
      mistakes.add(lake->text.empty() ? std::string("`lake` is empty")
                                      : fmt::format("`{}` is neither a folder nor s3://BUCKET/…", lake->text),
                   lake->place, section.example("lake"));
    } else {
      profile.lake = absolute_path(project_folder, lake->text);
    }
  }
  profile.engine = section.choice<EngineName>("engine", kEngines);
  if (std::optional<Filled> memory = section.text("memory"); memory && memory->known) {
    profile.memory = parse_bytes(memory->text);
    if (!profile.memory) {
      mistakes.add(fmt::format("`memory` must be an amount of memory, not `{}`", memory->text), memory->place,
                   section.example("memory"));
    } else if (*profile.memory < limits::kLeastMemory) {
      mistakes.add(
          fmt::format("`memory` must be {} MB at least, not `{}`", limits::kLeastMemory / 1'000'000, memory->text),
          memory->place, section.example("memory"));
    }
  }
  if (std::optional<uint64_t> threads = section.count("threads")) {
    if (*threads >= 1 && *threads <= limits::kThreads) {
      profile.threads = static_cast<uint32_t>(*threads);
    } else {
      mistakes.add(fmt::format("`threads` must be from 1 to {}, not {}", limits::kThreads, *threads),
                   section.entry("threads")->value->place, section.example("threads"));
    }
  }
  profile.retention = read_retention(section);
  if (std::optional<Section> s3 = section.map("s3")) profile.s3 = read_s3(*s3);
  return profile;
}

ProjectDraft read_project(const std::filesystem::path& folder, bool without_values) {
  std::filesystem::path begin = absolute_path(working_directory(), folder.empty() ? "." : folder.string());
  if (begin.filename().empty() && begin.has_parent_path()) begin = begin.parent_path();  // a slash at the end
  ProjectDraft draft;
  Project& project = draft.project;
  project.folder = find_project(begin);
  if (project.folder.empty()) {
    fail(ErrorCode::kUsage, fmt::format("there is no {} in `{}` or in a folder above", kProjectFile, begin.string()),
         "change into a project's folder, or make a project: segue new");
  }
  project.file = project.folder / kProjectFile;
  project.settings.lake = absolute_path(project.folder, "lake");

  Mistakes mistakes;
  std::string name = shown_path(project.file);
  TextFilePtr file = read_text_file(project.file.string(), name, mistakes.errors());
  NodePtr root = file ? parse_yaml(file, mistakes.errors()) : nullptr;
  if (root && root->kind != Node::Kind::kNothing) {  // an empty file is a project with all defaults
    Variables variables(without_values, /*params_allowed=*/false);
    Context context{mistakes, variables};
    std::optional<Section> section =
        section_of(*root, project_table(), std::string(kProjectFile), root->place, "lake: ./lake", context);
    if (section) {
      apply(read_settings(*section, project.folder), project.settings);
      read_profiles(*section, project);
    }
  }
  draft.mistakes = in_order(std::move(mistakes.errors()), name);
  return draft;
}

Project load_project(const std::filesystem::path& folder, bool without_values) {
  ProjectDraft draft = read_project(folder, without_values);
  if (!draft.mistakes.empty()) throw Failure(std::move(draft.mistakes));
  return std::move(draft.project);
}

Settings settings(const Project& project, std::string_view profile) {
  Settings result = project.settings;
  std::vector<std::string> names;
  for (const Profile& each : project.profiles) {
    if (each.name == (profile.empty() ? "local" : profile)) {
      apply(each, result);
      return result;
    }
    names.push_back(each.name);
  }
  if (profile.empty()) return result;
  fail(ErrorCode::kUsage, fmt::format("there is no profile `{}`", profile),
       names.empty() ? fmt::format("declare it in {}: profiles: {{{}: {{…}}}}", shown_path(project.file), profile)
                     : suggest(profile, names, "profiles"));
}

std::vector<std::string> pipeline_names(const Project& project) {
  std::filesystem::path folder = project.folder / "pipelines";
  std::vector<std::string> names;
  if (!is_there(folder)) return names;
  std::error_code problem;
  std::filesystem::directory_iterator entries(folder, problem);
  for (; !problem && entries != std::filesystem::directory_iterator(); entries.increment(problem)) {
    if (is_there(entries->path() / "pipeline.yaml")) names.push_back(entries->path().filename().string());
  }
  if (problem) fail(ErrorCode::kIo, fmt::format("`{}` cannot be read: {}", shown_path(folder), problem.message()));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace segue::definition
