#include "definition/schema.h"

#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include "columns/type_names.h"
#include "definition/keys.h"

namespace segue::definition {
namespace {

using Json = nlohmann::ordered_json;

// As names.h has it.
constexpr std::string_view kNamePattern = "^[a-z][a-z0-9_]*$";
constexpr std::string_view kDashedNamePattern = "^[a-z][a-z0-9_-]*$";

Json table_schema(const Table& table);

// What a scalar may be instead: one with a variable in it, whose value an editor cannot know.
Json or_variable(Json schema) {
  Json variable{{"type", "string"}, {"pattern", "\\$"}};
  return Json{{"anyOf", Json::array({std::move(schema), std::move(variable)})}};
}

Json scalar() { return Json{{"type", Json::array({"string", "number", "boolean"})}}; }

Json any_of_keys(const std::vector<std::string_view>& keys) {
  Json list = Json::array();
  for (std::string_view key : keys) list.push_back(Json{{"required", Json::array({key})}});
  return list;
}

Json shape_schema(const Key& key) {
  Json percentage{{"type", "string"}, {"pattern", "^[0-9]+(\\.[0-9]*)? *%$"}};
  switch (key.shape) {
    case Shape::kProse:
    case Shape::kPattern: return scalar();
    case Shape::kName: return Json{{"type", "string"}, {"pattern", kDashedNamePattern}};
    case Shape::kText: return scalar();
    case Shape::kSql: return Json{{"type", "string"}, {"minLength", 1}};
    case Shape::kBoolean: return or_variable(Json{{"type", "boolean"}});
    case Shape::kCount: return or_variable(Json{{"type", "integer"}, {"minimum", 0}});
    case Shape::kFlag: return Json{{"type", "null"}};
    case Shape::kBytes:
      return or_variable(Json{{"type", "string"}, {"pattern", "^\\s*[0-9]+(\\.[0-9]*)?\\s*([kKmMgGtT]i?)?[bB]?\\s*$"}});
    case Shape::kShare:
    case Shape::kGrowth: return or_variable(percentage);
    case Shape::kChoice: {
      Json choice = or_variable(Json{{"enum", key.allowed}});
      if (key.table != nullptr) choice["anyOf"].push_back(table_schema(*key.table));
      return choice;
    }
    case Shape::kTexts:
      return Json{{"anyOf", Json::array({scalar(), Json{{"type", "array"}, {"items", scalar()}, {"minItems", 1}}})}};
    case Shape::kColumns: {
      // The names for what editors offer, the pattern for what else is right: other case, lengths, lists, structs.
      Json type{{"anyOf",
                 Json::array({Json{{"enum", type_names()}}, Json{{"type", "string"}, {"pattern", type_pattern()}}})}};
      return Json{{"type", "object"}, {"additionalProperties", or_variable(std::move(type))}, {"minProperties", 1}};
    }
    case Shape::kColumnShares:
      return Json{{"type", "object"}, {"additionalProperties", or_variable(percentage)}, {"minProperties", 1}};
    case Shape::kColumnTexts: return Json{{"type", "object"}, {"additionalProperties", scalar()}, {"minProperties", 1}};
    case Shape::kMap: return table_schema(*key.table);
    case Shape::kNamed: {
      std::string_view pattern = key.name == "profiles" ? kDashedNamePattern : kNamePattern;
      return Json{{"type", "object"},
                  {"propertyNames", Json{{"pattern", pattern}}},
                  {"additionalProperties", table_schema(*key.table)},
                  {"minProperties", 1}};
    }
    case Shape::kList: return Json{{"type", "array"}, {"items", table_schema(*key.table)}, {"minItems", 1}};
  }
  return Json::object();
}

// An example, which is YAML, as JSON; what is no map, list, number or boolean is a text.
Json to_json(const YAML::Node& node) {
  if (node.IsMap()) {
    Json map = Json::object();
    for (const auto& entry : node) map[entry.first.as<std::string>()] = to_json(entry.second);
    return map;
  }
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const auto& item : node) list.push_back(to_json(item));
    return list;
  }
  if (!node.IsScalar()) return nullptr;
  std::string text = node.as<std::string>();
  bool plain = node.Tag() == "?";
  Json json = plain ? Json::parse(text, nullptr, /*allow_exceptions=*/false) : Json(text);
  return json.is_number() || json.is_boolean() ? json : Json(text);
}

Json table_schema(const Table& table) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Key& key : table.keys) {
    Json schema{{"description", key.summary}};
    schema.update(shape_schema(key));
    if (!key.example.empty()) schema["examples"] = Json::array({to_json(YAML::Load(std::string(key.example)))});
    properties[std::string(key.name)] = std::move(schema);
    if (key.required && key.only_with.empty() && key.beside.empty()) required.push_back(key.name);
  }
  Json schema{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  // Keys that need another, and those that it needs.
  Json dependencies = Json::object();
  for (const Key& key : table.keys) {
    if (key.beside.empty()) continue;
    dependencies[std::string(key.name)] = Json::array({key.beside});
    Json& of_other = dependencies[std::string(key.beside)];
    if (of_other.is_null()) of_other = Json::array();
    if (key.required) of_other.push_back(key.name);
  }
  if (!dependencies.empty()) schema["dependencies"] = std::move(dependencies);
  // For each choice, which other keys there must be, and which there cannot be.
  if (!table.chosen_by.empty()) {
    Json choices = Json::array();
    for (std::string_view choice : table.find(table.chosen_by)->allowed) {
      Json then{{"required", Json::array()}, {"properties", Json::object()}};
      for (const Key& key : table.keys) {
        if (key.only_with == choice && key.required) then["required"].push_back(key.name);
        if (!key.only_with.empty() && key.only_with != choice) then["properties"][std::string(key.name)] = false;
      }
      Json is_choice{{"properties", Json{{std::string(table.chosen_by), Json{{"const", choice}}}}}};
      choices.push_back(Json{{"if", std::move(is_choice)}, {"then", std::move(then)}});
    }
    schema["allOf"] = std::move(choices);
  }
  if (!table.exactly_one.empty()) schema["oneOf"] = any_of_keys(table.exactly_one);
  if (!table.at_least_one.empty()) schema["anyOf"] = any_of_keys(table.at_least_one);
  return schema;
}

Json file_schema(const Table& table) {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", table.title}};
  schema.update(table_schema(table));
  return schema;
}

}  // namespace

Json project_schema() { return file_schema(project_table()); }
Json pipeline_schema() { return file_schema(pipeline_table()); }

}  // namespace segue::definition
