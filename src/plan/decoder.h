// The decoder's parts: decode.cpp has most operators, decode_window.cpp windows, decode_join.cpp joins and set
// operations. Internal to decode().
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "plan/decode.h"
#include "plan/node.h"

namespace segue::plan {

// The alias of a serialized expression, or another name.
// DuckDB keeps constant parameters of some aggregates beside the arguments; ours are arguments. The many names of one
// become one.
void take_parameter(Call& call, const nlohmann::json& expression);
std::string name_of(const nlohmann::json& expression, const std::string& otherwise);
// All columns of a node as expressions, and their names.
std::vector<ExpressionPtr> identity(const Node& node);
std::vector<std::string> names(const Node& node);
std::vector<ExpressionPtr> decode_list(const nlohmann::json& expressions);
std::vector<OrderKey> decode_order(const nlohmann::json& orders);
// The rows of a node, each once.
NodePtr distinct_rows(NodePtr input);

// One plan. Every function takes the serialized operator that it is named after.
class Decoder {
 public:
  explicit Decoder(const TableLookup& tables) : tables_(tables) {}
  NodePtr node(const nlohmann::json& plan);

 private:
  NodePtr child(const nlohmann::json& plan, size_t i = 0) { return node(plan.at("children").at(i)); }
  NodePtr get(const nlohmann::json& plan);
  NodePtr values(const nlohmann::json& plan);
  NodePtr filter(const nlohmann::json& plan);
  NodePtr project(const nlohmann::json& plan);
  NodePtr aggregate(const nlohmann::json& plan);
  NodePtr sort(const nlohmann::json& plan);
  NodePtr limit(const nlohmann::json& plan);
  NodePtr unnest(const nlohmann::json& plan);
  NodePtr lateral_unnest(const nlohmann::json& plan);
  NodePtr table_function(const nlohmann::json& plan);
  NodePtr distinct(const nlohmann::json& plan);
  NodePtr cte(const nlohmann::json& plan);
  NodePtr cte_ref(const nlohmann::json& plan);

  NodePtr window(const nlohmann::json& plan);
  NodePtr distinct_on(const nlohmann::json& plan, NodePtr input, std::vector<ExpressionPtr> targets);

  NodePtr join(const nlohmann::json& plan);
  NodePtr any_join(const nlohmann::json& plan);
  NodePtr delim_join(const nlohmann::json& plan);
  NodePtr delim_get(const nlohmann::json& plan);
  NodePtr cross(const nlohmann::json& plan);
  NodePtr set_union(const nlohmann::json& plan);
  NodePtr set_difference(const nlohmann::json& plan, bool keep_common);

  const TableLookup& tables_;
  std::map<uint64_t, NodePtr> tables_of_query_;  // common table expressions by their index
  std::vector<NodePtr> delimiters_;              // the rows that LOGICAL_DELIM_GET stands for, innermost last
};

}  // namespace segue::plan
