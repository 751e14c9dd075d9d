// Delta's schemaString (PROTOCOL.md, "Schema Serialization Format"). Everything is nullable; names of types are
// Spark's.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "lake/delta_log.h"

namespace segue::lake {
namespace {

using Json = nlohmann::ordered_json;

// Arrays and structs inside each other: bounds the stack that reading another program's schema takes.
constexpr size_t kNesting = 100;

Json print_struct(const std::vector<Field>& fields);

Json print_type(const Type& type) {
  switch (type.id) {
    case TypeId::kBoolean: return "boolean";
    case TypeId::kTinyint: return "byte";
    case TypeId::kSmallint: return "short";
    case TypeId::kInteger: return "integer";
    case TypeId::kBigint: return "long";
    case TypeId::kFloat: return "float";
    case TypeId::kDouble: return "double";
    case TypeId::kDecimal: return fmt::format("decimal({},{})", type.width, type.scale);
    case TypeId::kVarchar: return "string";
    case TypeId::kBlob: return "binary";
    case TypeId::kDate: return "date";
    case TypeId::kTimestamp: return "timestamp";
    case TypeId::kList: return {{"type", "array"}, {"elementType", print_type(type.element())}, {"containsNull", true}};
    case TypeId::kStruct: return print_struct(type.fields);
    case TypeId::kNull:
    case TypeId::kHugeint:
    case TypeId::kInterval: break;
  }
  fail(ErrorCode::kInternal, fmt::format("{} is no type of a table", to_string(type)));
}

Json print_struct(const std::vector<Field>& fields) {
  Json list = Json::array();
  for (const Field& field : fields)
    list.push_back(
        {{"name", field.name}, {"type", print_type(field.type)}, {"nullable", true}, {"metadata", Json::object()}});
  return {{"type", "struct"}, {"fields", std::move(list)}};
}

std::vector<Field> parse_struct(const Json& json, size_t depth);

Type parse_type(const Json& json, size_t depth) {
  if (json.is_object()) {
    if (depth == kNesting)
      fail(ErrorCode::kIo, fmt::format("more than {} lists and structs inside each other", kNesting));
    std::string kind = json.at("type").get<std::string>();
    if (kind == "array") return Type::list(parse_type(json.at("elementType"), depth + 1));
    if (kind == "struct") return Type::structure(parse_struct(json, depth + 1));
    fail(ErrorCode::kIo, fmt::format("the type {} has no counterpart", kind));
  }
  std::string name = json.get<std::string>();
  if (name == "boolean") return TypeId::kBoolean;
  if (name == "byte") return TypeId::kTinyint;
  if (name == "short") return TypeId::kSmallint;
  if (name == "integer") return TypeId::kInteger;
  if (name == "long") return TypeId::kBigint;
  if (name == "float") return TypeId::kFloat;
  if (name == "double") return TypeId::kDouble;
  if (name == "string") return TypeId::kVarchar;
  if (name == "binary") return TypeId::kBlob;
  if (name == "date") return TypeId::kDate;
  if (name == "timestamp") return TypeId::kTimestamp;
  if (name.starts_with("decimal(")) {
    int width = 0, scale = 0;
    if (std::sscanf(name.c_str(), "decimal(%d,%d)", &width, &scale) == 2 && width >= 1 && width <= 38 && scale >= 0 &&
        scale <= width)
      return Type::decimal(static_cast<uint8_t>(width), static_cast<uint8_t>(scale));
  }
  fail(ErrorCode::kIo, fmt::format("the type {} has no counterpart", name));
}

std::vector<Field> parse_struct(const Json& json, size_t depth) {
  std::vector<Field> fields;
  for (const Json& field : json.at("fields")) {
    std::string name = field.at("name").get<std::string>();
    try {
      fields.push_back({name, parse_type(field.at("type"), depth)});
    } catch (const Failure& failure) {
      fail(failure.error().code, fmt::format("column {}: {}", name, failure.error().message));
    }
  }
  return fields;
}

}  // namespace

std::string to_schema(const std::vector<Field>& fields) { return print_struct(fields).dump(); }

std::vector<Field> from_schema(const std::string& schema, const std::string& table) {
  try {
    return parse_struct(Json::parse(schema), 0);
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::kIo, fmt::format("the schema of {} is damaged: {}", table, error.what()));
  } catch (const Failure& failure) {
    fail(ErrorCode::kIo, fmt::format("cannot read the schema of {}: {}", table, failure.error().message));
  }
}

std::string with_comments(const std::string& schema, const std::map<std::string, std::string>& comments) {
  Json json = Json::parse(schema);
  for (Json& field : json.at("fields"))
    if (auto comment = comments.find(field.at("name").get<std::string>()); comment != comments.end())
      field["metadata"]["comment"] = comment->second;
  return json.dump();
}

std::map<std::string, std::string> comments_of(const std::string& schema) {
  std::map<std::string, std::string> comments;
  Json json = Json::parse(schema);
  for (const Json& field : json.at("fields")) {
    auto metadata = field.find("metadata");
    if (metadata == field.end() || !metadata->is_object()) continue;
    auto comment = metadata->find("comment");
    if (comment != metadata->end() && comment->is_string())
      comments[field.at("name").get<std::string>()] = comment->get<std::string>();
  }
  return comments;
}

}  // namespace segue::lake
