#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/suggestion.h"
#include "base/utf8.h"
#include "definition/names.h"
#include "definition/paths.h"
#include "definition/readers.h"
#include "definition/values.h"

namespace segue::definition {
namespace {

constexpr Choice<ParamType> kTypes[] = {
    {"path", ParamType::kPath},     {"interval", ParamType::kInterval},   {"integer", ParamType::kInteger},
    {"double", ParamType::kDouble}, {"boolean", ParamType::kBoolean},     {"varchar", ParamType::kVarchar},
    {"date", ParamType::kDate},     {"timestamp", ParamType::kTimestamp},
};

Type value_type(ParamType type) {
  switch (type) {
    case ParamType::kPath:
    case ParamType::kVarchar: return TypeId::kVarchar;
    case ParamType::kInterval: return TypeId::kInterval;
    case ParamType::kInteger: return TypeId::kBigint;
    case ParamType::kDouble: return TypeId::kDouble;
    case ParamType::kBoolean: return TypeId::kBoolean;
    case ParamType::kDate: return TypeId::kDate;
    case ParamType::kTimestamp: return TypeId::kTimestamp;
  }
  return TypeId::kVarchar;
}

// Takes text as the parameter's value; false if it is none of its type.
bool take_value(Param& param, std::string_view text, const std::filesystem::path& folder) {
  std::optional<Value> value = parse_value(param.type, text);
  if (!value) return false;
  param.text = text;
  if (param.type == ParamType::kPath) {
    param.text = absolute_path(folder, text);
    value = Value{TypeId::kVarchar, param.text};
  }
  param.value = std::move(*value);
  return true;
}

std::string command_line_example(const Param& param) {
  std::string_view example = example_of(param.type);
  bool blank = example.find(' ') != std::string_view::npos;
  return fmt::format("for example --param {}={}{}{}", param.name, blank ? "'" : "", example, blank ? "'" : "");
}

// True if the parameter has its value, or may be without.
bool read_value(Param& param, const Section& section, const Folders& folders, const LoadOptions& options) {
  Context& context = section.context();
  bool fine = true;
  bool has_default = section.has("default");
  if (has_default) {
    const Node& node = *section.entry("default")->value;
    std::string for_example = fmt::format("for example `default: {}`", example_of(param.type));
    std::optional<Filled> filled;
    if (node.kind == Node::Kind::kText) {
      filled = section.text("default");
    } else {
      context.mistakes.add(
          fmt::format("the default of `{}` must be {}, not {}", param.name, describe(param.type), describe(node)),
          node.place,
          node.text.empty() ? for_example
                            : fmt::format("put quotes around `{}` if the text is meant", node.text.text()));
    }
    fine = filled.has_value();
    if (filled && filled->known && !take_value(param, filled->text, folders.project)) {
      context.mistakes.add(
          fmt::format("the default of `{}` must be {}, not `{}`", param.name, describe(param.type), filled->text),
          filled->place, for_example);
      fine = false;
    }
  }
  auto given = options.params.find(param.name);
  if (given != options.params.end()) {
    param.overridden = true;
    bool valid =
        invalid_utf8(given->second) == std::string::npos && take_value(param, given->second, working_directory());
    if (valid) return true;
    context.mistakes.add(
        ErrorCode::kUsage,
        fmt::format("--param {}={}: `{}` must be {}", param.name, given->second, param.name, describe(param.type)),
        Place{}, command_line_example(param));
    return false;
  }
  if (!has_default && !options.without_values) {
    context.mistakes.add(ErrorCode::kUsage, fmt::format("the parameter `{}` has no value", param.name), param.place,
                         fmt::format("{}, or give it a default", command_line_example(param)));
    return false;
  }
  return fine;
}

}  // namespace

std::vector<Param> read_params(const Section& pipeline, const Folders& folders, const LoadOptions& options,
                               Variables& variables, std::set<std::string>& unsound) {
  Context& context = pipeline.context();
  std::vector<Param> params;
  std::vector<std::string_view> names;
  const std::vector<Entry>* entries = pipeline.has("params") ? pipeline.named("params") : nullptr;
  if (entries != nullptr && entries->size() > limits::kDefinitionNames) {
    context.mistakes.add(fmt::format("more than {} parameters", limits::kDefinitionNames),
                         pipeline.entry("params")->key_place);
    entries = nullptr;
  }
  for (size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
    const Entry& entry = (*entries)[i];
    Param param;
    param.name = entry.key.text();
    param.place = entry.key_place;
    names.push_back(entry.key.text());
    variables.set_unknown(param.name);
    bool named = check_name(NameOf::kParam, param.name, param.place, context.mistakes);
    std::string owner = fmt::format("parameter `{}`", param.name);
    static const Table& table = *pipeline_table().find("params")->table;
    std::optional<Section> section =
        section_of(*entry.value, table, owner, entry.key_place,
                   fmt::format("{}: {{type: integer, default: 100}}", param.name), context);
    if (!section) {
      unsound.insert(param.name);
      params.push_back(std::move(param));
      continue;
    }
    std::optional<ParamType> type = section->choice<ParamType>("type", kTypes);
    if (!type || !named) {
      unsound.insert(param.name);
      params.push_back(std::move(param));
      continue;
    }
    param.type = *type;
    param.value.type = value_type(*type);
    bool fine = read_value(param, *section, folders, options);
    if (fine && !param.value.null()) variables.set(param.name, param.text);
    params.push_back(std::move(param));
  }
  for (const auto& [name, value] : options.params) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    context.mistakes.add(ErrorCode::kUsage, fmt::format("--param {}={}: there is no parameter `{}`", name, value, name),
                         Place{},
                         names.empty() ? "this pipeline has no parameters" : suggest(name, names, "parameters"));
  }
  return params;
}

}  // namespace segue::definition
