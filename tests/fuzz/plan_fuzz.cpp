// The bound plan of a step: {"sources": {name: [[column, type], …]}, "plan": what DuckDB serializes}.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "columns/type.h"
#include "fuzz/fuzz.h"
#include "plan/decode.h"
#include "plan/graph.h"
#include "plan/verify.h"

namespace segue::fuzz {
namespace {

using Json = nlohmann::json;

std::vector<plan::SourceTable> read_sources(const Json& sources) {
  std::vector<plan::SourceTable> tables;
  for (const auto& [name, columns] : sources.items()) {
    plan::SourceTable table{name, {}};
    for (const Json& column : columns) {
      auto type = parse_type(column.at(1).get_ref<const std::string&>());
      if (!type) throw plan::Unsupported{"a type that is none"};
      table.fields.push_back({column.at(0).get<std::string>(), *type});
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace

void run(std::string_view input) {
  std::vector<plan::SourceTable> sources;
  Json plan;
  try {
    Json document = Json::parse(input);
    sources = read_sources(document.at("sources"));
    plan = std::move(document.at("plan"));
  } catch (const Json::exception&) {
    return;
  } catch (const plan::Unsupported&) {
    return;
  }
  try {
    auto lookup = [&](const std::string& name) -> plan::NodePtr {
      auto scan = std::make_shared<plan::Scan>();
      for (const auto& source : sources)
        if (source.name == name) scan->fields = source.fields;
      for (size_t i = 0; i < scan->fields.size(); ++i) scan->columns.push_back(i);
      return scan;
    };
    plan::NodePtr root = plan::decode(plan, lookup);
    plan::Graph graph = plan::build_graph(sources, {{"result", plan, root->fields, {}, true}},
                                          [](const plan::Node&) -> std::optional<std::string> { return {}; });
    plan::verify(graph.steps[0].root);
    EXPECT_FALSE(plan::explain(graph).empty());
  } catch (const plan::Unsupported&) {
  } catch (const Failure&) {
  }
}

}  // namespace segue::fuzz
