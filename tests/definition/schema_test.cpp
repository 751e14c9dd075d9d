// The JSON Schemas and the key reference say what the parser does.
#include "definition/schema.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include "base/diagnostic.h"
#include "columns/type.h"
#include "columns/type_names.h"
#include "definition/cases.h"
#include "definition/keys.h"
#include "definition/load.h"

namespace segue::definition {
namespace {

using Json = nlohmann::ordered_json;

std::string read(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.good()) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

// With SEGUE_UPDATE=1 in the environment the file is renewed.
void expect_file(const std::string& path, const std::string& text) {
  if (std::getenv("SEGUE_UPDATE") != nullptr) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  EXPECT_EQ(read(path), text) << path << " is not what the tables of keys say: run this test with SEGUE_UPDATE=1";
}

TEST(Schema, FilesAreThoseOfTheTables) {
  expect_file("docs/schema/segue.schema.json", project_schema().dump(2) + "\n");
  expect_file("docs/schema/pipeline.schema.json", pipeline_schema().dump(2) + "\n");
}

TEST(Schema, TheReferenceIsThatOfTheTables) {
  const std::string begin = "<!-- made from the tables of keys: begin -->\n";
  const std::string end = "<!-- made from the tables of keys: end -->";
  std::string page = read("docs/pipeline-file.md");
  size_t from = page.find(begin);
  size_t to = page.find(end);
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  from += begin.size();
  expect_file("docs/pipeline-file.md", page.substr(0, from) + key_reference() + "\n" + page.substr(to));
}

// All tables with the schema that stands for each.
void visit(const Table& table, const Json& schema, const std::function<void(const Table&, const Json&)>& see) {
  see(table, schema);
  for (const Key& key : table.keys) {
    if (key.table == nullptr) continue;
    const Json& property = schema["properties"][std::string(key.name)];
    switch (key.shape) {
      case Shape::kNamed: visit(*key.table, property["additionalProperties"], see); break;
      case Shape::kList: visit(*key.table, property["items"], see); break;
      case Shape::kChoice: visit(*key.table, property["anyOf"].back(), see); break;
      default: visit(*key.table, property, see);
    }
  }
}

TEST(Schema, HasTheKeysOfTheParser) {
  size_t tables = 0;
  auto see = [&](const Table& table, const Json& schema) {
    SCOPED_TRACE(std::string(table.title));
    ++tables;
    std::set<std::string> keys, properties, required, required_there;
    for (const Key& key : table.keys) {
      keys.insert(std::string(key.name));
      if (key.required && key.only_with.empty() && key.beside.empty()) required.insert(std::string(key.name));
      if (!key.beside.empty()) {
        EXPECT_EQ(schema["dependencies"][std::string(key.name)], Json::array({key.beside})) << key.name;
        const Json& of_other = schema["dependencies"][std::string(key.beside)];
        EXPECT_EQ(std::find(of_other.begin(), of_other.end(), key.name) != of_other.end(), key.required) << key.name;
      }
      EXPECT_FALSE(key.summary.empty()) << key.name;
      EXPECT_TRUE(key.summary.ends_with('.')) << key.name;
      EXPECT_EQ(key.example.empty(), key.shape == Shape::kFlag) << key.name;
    }
    for (const auto& [name, ignored] : schema["properties"].items()) properties.insert(name);
    for (const Json& name : schema.value("required", Json::array())) required_there.insert(name.get<std::string>());
    EXPECT_EQ(schema["type"], "object");
    EXPECT_EQ(properties, keys);
    EXPECT_EQ(required_there, required);
    EXPECT_EQ(schema["additionalProperties"], false);
    EXPECT_EQ(schema.contains("allOf"), !table.chosen_by.empty());
    EXPECT_EQ(schema.contains("oneOf"), !table.exactly_one.empty());
    EXPECT_EQ(schema.contains("anyOf"), !table.at_least_one.empty());
  };
  visit(pipeline_table(), pipeline_schema(), see);
  visit(project_table(), project_schema(), see);
  EXPECT_EQ(tables, 27u);
}

// The parser reads a key by name, and asserts that the table has it; this is the other way round: what the table has is
// read. Each key is given a value that is wrong for any key, and must be complained about.
TEST(Schema, EveryKeyOfTheTablesIsRead) {
  ProjectFolder folder;
  folder.write("segue.yaml", "");
  auto complaints = [&](const std::string& file, const std::string& text) {
    folder.write("segue.yaml", file == "segue.yaml" ? text : "");
    folder.write("pipelines/p/pipeline.yaml", file == "segue.yaml" ? "name: p\nsteps: {s: {sql: SELECT 1}}\n" : text);
    return load_and_render();
  };
  // Where the keys of each table stand, KEY in place of them.
  struct Spot {
    std::string file, text;
  };
  std::map<std::string, Spot> spots = {
      {"pipeline.yaml", {"pipeline.yaml", "KEY\n"}},
      {"A parameter", {"pipeline.yaml", "name: p\nparams: {a: {type: integer, KEY}}\n"}},
      {"A source", {"pipeline.yaml", "name: p\nsources: {a: {KEY}}\n"}},
      {"The format of a source", {"pipeline.yaml", "name: p\nsources: {a: {format: {KEY}}}\n"}},
      {"What is done about bad rows", {"pipeline.yaml", "name: p\nsources: {a: {bad_rows: {KEY}}}\n"}},
      {"A step", {"pipeline.yaml", "name: p\nsteps: {s: {KEY}}\n"}},
      {"A check", {"pipeline.yaml", "name: p\nsteps: {s: {sql: SELECT 1, checks: [{KEY}]}}\n"}},
      {"The export of a step", {"pipeline.yaml", "name: p\nsteps: {s: {sql: SELECT 1, export: {KEY}}}\n"}},
      {"The chart of a step", {"pipeline.yaml", "name: p\nsteps: {s: {sql: SELECT 1, chart: {KEY}}}\n"}},
      {"How a run changes a table", {"pipeline.yaml", "name: p\nsteps: {s: {sql: SELECT 1, write: {KEY}}}\n"}},
      {"How the columns of a table may change",
       {"pipeline.yaml", "name: p\nsteps: {s: {sql: SELECT 1, schema: {KEY}}}\n"}},
      {"segue.yaml", {"segue.yaml", "KEY\n"}},
      {"A profile", {"segue.yaml", "profiles: {a: {KEY}}\n"}},
      {"S3", {"segue.yaml", "s3: {KEY}\n"}},
  };
  const Table& check = *pipeline_table().find("steps")->table->find("checks")->table;
  for (const Key& kind : check.keys) {
    if (kind.table != nullptr)
      spots[std::string(kind.table->title)] = {
          "pipeline.yaml",
          fmt::format("name: p\nsteps: {{s: {{sql: SELECT 1, checks: [{{{}: {{KEY}}}}]}}}}\n", kind.name)};
  }
  auto see = [&](const Table& table, const Json&) {
    ASSERT_EQ(spots.count(std::string(table.title)), 1u) << table.title;
    Spot spot = spots[std::string(table.title)];
    for (const Key& key : table.keys) {
      std::string text = spot.text;
      if (table.title == "A parameter" && key.name == "type") text.replace(text.find("type: integer, "), 15, "");
      text.replace(text.find("KEY"), 3, fmt::format("{}: [{{wrong: [here]}}]", key.name));
      std::string rendered = complaints(spot.file, text);
      bool read = rendered.find(fmt::format("`{}` must be", key.name)) != std::string::npos ||
                  rendered.find(fmt::format("`{}` has no value here", key.name)) != std::string::npos ||
                  rendered.find("the default of `a` must be") != std::string::npos ||
                  rendered.find("unknown key `wrong` in a check") != std::string::npos;
      EXPECT_TRUE(read) << table.title << ": " << key.name << "\n" << rendered;
    }
  };
  visit(pipeline_table(), pipeline_schema(), see);
  visit(project_table(), project_schema(), see);
}

// Says whether the value fits the schema, as far as our schemas go: enough to check the examples against them.
std::string misfit(const Json& value, const Json& schema, const std::string& path = "$");

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  return type == "null" && value.is_null();
}

size_t count_fits(const Json& value, const Json& schemas) {
  size_t fits = 0;
  for (const Json& each : schemas) fits += misfit(value, each).empty() ? 1 : 0;
  return fits;
}

// Each pattern is compiled once: that takes long.
const std::regex& compiled(const std::string& pattern) {
  static std::map<std::string, std::regex> known;
  auto found = known.find(pattern);
  return found != known.end() ? found->second : known.emplace(pattern, std::regex(pattern)).first->second;
}

std::string misfit(const Json& value, const Json& schema, const std::string& path) {
  if (schema.contains("type")) {
    Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
    bool fits = false;
    for (const Json& type : types) fits = fits || has_type(value, type);
    if (!fits) return path + ": is no " + schema["type"].dump();
  }
  if (schema.contains("enum") && std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
    return path + ": not allowed";
  if (schema.contains("pattern") && value.is_string() &&
      !std::regex_search(value.get<std::string>(), compiled(schema["pattern"])))
    return path + ": not as " + schema["pattern"].dump();
  for (const Json& choice : schema.value("allOf", Json::array())) {
    if (!misfit(value, choice["if"]).empty()) continue;
    if (std::string wrong = misfit(value, choice["then"], path); !wrong.empty()) return wrong;
  }
  if (schema.contains("const") && schema["const"] != value) return path + ": another value";
  if (schema.contains("anyOf") && count_fits(value, schema["anyOf"]) == 0) return path + ": fits none";
  if (schema.contains("oneOf") && count_fits(value, schema["oneOf"]) != 1) return path + ": fits not one";
  if (value.is_object()) {
    for (const Json& key : schema.value("required", Json::array())) {
      if (!value.contains(key.get<std::string>())) return path + ": lacks " + key.dump();
    }
    for (const auto& [key, child] : value.items()) {
      const Json* child_schema = nullptr;
      if (schema.contains("properties") && schema["properties"].contains(key)) {
        child_schema = &schema["properties"][key];
      } else if (schema.contains("additionalProperties")) {
        child_schema = &schema["additionalProperties"];
      }
      if (child_schema == nullptr) continue;
      if (child_schema->is_boolean()) {
        if (!child_schema->get<bool>()) return path + ": unknown key " + key;
        continue;
      }
      std::string wrong = misfit(child, *child_schema, path + "." + key);
      if (!wrong.empty()) return wrong;
    }
  }
  if (value.is_array() && schema.contains("items")) {
    for (const Json& item : value) {
      std::string wrong = misfit(item, schema["items"], path + "[]");
      if (!wrong.empty()) return wrong;
    }
  }
  return "";
}

// YAML as editors see it.
Json json_of(const YAML::Node& node) {
  if (node.IsMap()) {
    Json map = Json::object();
    for (const auto& entry : node)
      map[entry.first.IsNull() ? "null" : entry.first.as<std::string>()] = json_of(entry.second);
    return map;
  }
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const auto& item : node) list.push_back(json_of(item));
    return list;
  }
  if (!node.IsScalar()) return nullptr;
  Json json = node.Tag() == "?" ? Json::parse(node.as<std::string>(), nullptr, false) : Json();
  return json.is_number() || json.is_boolean() ? json : Json(node.as<std::string>());
}

std::vector<std::string> example_pipelines() {
  std::vector<std::string> files;
  for (const auto& each : std::filesystem::directory_iterator("pipelines")) {
    if (std::filesystem::exists(each.path() / "pipeline.yaml")) files.push_back(each.path() / "pipeline.yaml");
  }
  return files;
}

TEST(Schema, TheExamplePipelinesFit) {
  Json schema = pipeline_schema();
  ASSERT_FALSE(example_pipelines().empty());
  for (const std::string& file : example_pipelines())
    EXPECT_EQ(misfit(json_of(YAML::LoadFile(file)), schema), "") << file;
  EXPECT_EQ(misfit(json_of(YAML::LoadFile("segue.yaml")), project_schema()), "");
}

TEST(Schema, EveryExampleFitsItsKey) {
  auto see = [&](const Table& table, const Json& schema) {
    for (const Key& key : table.keys) {
      if (key.example.empty()) continue;
      const Json& property = schema["properties"][std::string(key.name)];
      EXPECT_EQ(misfit(json_of(YAML::Load(std::string(key.example))), property), "") << table.title << ": " << key.name;
      EXPECT_EQ(misfit(property["examples"][0], property), "") << table.title << ": " << key.name;
    }
  };
  visit(pipeline_table(), pipeline_schema(), see);
  visit(project_table(), project_schema(), see);
}

TEST(Schema, TypesOfColumnsAreThoseThatAreRead) {
  Json schema = pipeline_schema();
  auto fits = [&](const std::string& type) {
    Json pipeline{{"name", "p"}, {"steps", {{"s", {{"sql", "SELECT 1"}}}}}};
    pipeline["sources"]["a"] = {{"path", "a"}, {"format", {{"type", "parquet"}}}, {"columns", {{"c", type}}}};
    return misfit(pipeline, schema).empty();
  };
  for (const char* type : {"varchar", "Varchar", "VARCHAR(20)", "text", "timestamp", "double precision", "DECIMAL",
                           "decimal(10,2)", "numeric ( 10 , 2 )", "decimal(5)", "int[]", "varchar[][]",
                           "struct(a int, b varchar[])", "STRUCT(a INT)[]", "bool", "date"}) {
    EXPECT_TRUE(parse_type(type).has_value()) << type;
    EXPECT_TRUE(fits(type)) << type;
  }
  for (const char* type : {"varchr", "integr", "decimal(10", "int(5)", "varchar[", "struct", "", "uint", "datetim",
                           "interval", "hugeint"}) {
    std::optional<Type> read = parse_type(type);
    EXPECT_FALSE(read.has_value() && lake_type(*read)) << type;
    EXPECT_FALSE(fits(type)) << type;
  }
  EXPECT_TRUE(fits("${TYPE}"));
  for (const std::string& name : type_names()) EXPECT_TRUE(fits(name) && parse_type(name).has_value()) << name;
}

TEST(Schema, MistakesDoNotFit) {
  Json schema = pipeline_schema();
  auto fits = [&](const std::string& yaml) { return misfit(json_of(YAML::Load(yaml)), schema).empty(); };
  EXPECT_TRUE(fits("{name: p, steps: {s: {sql: SELECT 1}}}"));
  EXPECT_TRUE(
      fits("{name: p, sources: {a: {path: a, format: {type: delimited, delimiter: ',', quote: none, header: $header}, "
           "columns: {a: varchar}, "
           "bad_rows: {quarantine: , at_most: 1%}}}, steps: {s: {file: a.sql}}}"));
  auto format_fits = [&](const std::string& format) {
    return fits("{name: p, sources: {a: {path: a, format: " + format +
                ", columns: {a: varchar}}}, steps: {s: {file: a.sql}}}");
  };
  EXPECT_TRUE(format_fits("{type: json_lines}"));
  EXPECT_TRUE(format_fits("{type: json}"));
  EXPECT_FALSE(format_fits("{type: delimited}"));
  EXPECT_FALSE(format_fits("{type: jsonl}"));
  EXPECT_FALSE(format_fits("{type: json, header: true}"));
  EXPECT_FALSE(fits("{name: p}"));
  EXPECT_FALSE(fits("{name: p, steps: {s: {sql: SELECT 1, file: a.sql}}}"));
  EXPECT_FALSE(fits("{name: p, steps: {s: {}}}"));
  EXPECT_FALSE(fits("{name: p, steps: {s: {sql: SELECT 1, materialize: tabel}}}"));
  EXPECT_FALSE(fits("{name: p, steps: {s: {sql: SELECT 1, checks: [{unique: a, not_null: b}]}}}"));
  EXPECT_FALSE(fits("{name: p, schedule: daily, steps: {s: {sql: SELECT 1}}}"));
}

TEST(ExamplePipelines, AreWithoutMistakes) {
  Project project = load_project(".");
  ASSERT_FALSE(pipeline_names(project).empty());
  for (const std::string& name : pipeline_names(project)) {
    try {
      LoadOptions options;
      options.without_values = true;
      Pipeline pipeline = load_pipeline(project, name, options);
      EXPECT_EQ(pipeline.name, name);
    } catch (const Failure& failure) {
      ADD_FAILURE() << render(failure.errors());
    }
  }
}

TEST(Documentation, TheExamplesOfThePipelineFileAreWithoutMistakes) {
  std::string page = read("docs/pipeline-file.md");
  ProjectFolder folder;
  folder.write("segue.yaml", "");
  folder.write("pipelines/lastfm/sessions.sql", "SELECT 1");
  folder.write("pipelines/lastfm/most_played_tracks.sql", "SELECT 1");
  size_t pipelines = 0;
  const std::string fence = "```yaml\n";
  for (size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at + 1)) {
    size_t begin = at + fence.size();
    std::string block = page.substr(begin, page.find("```", begin) - begin);
    bool project = block.starts_with("# segue.yaml");
    if (!project && !block.starts_with("# pipelines/lastfm/pipeline.yaml")) continue;
    ++pipelines;
    folder.write(project ? "segue.yaml" : "pipelines/lastfm/pipeline.yaml", block);
    try {
      Project loaded = load_project(".");
      if (!project) load_pipeline(loaded, "lastfm");
    } catch (const Failure& failure) {
      ADD_FAILURE() << render(failure.errors());
    }
  }
  EXPECT_GE(pipelines, 2u);
}

}  // namespace
}  // namespace segue::definition
