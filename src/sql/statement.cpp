#include "sql/statement.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/ascii.h"
#include "duckdb/parsed.h"

namespace segue::sql {

namespace {

using Json = nlohmann::json;

using duckdb::text_at;

// Walks a statement and keeps the names that WITH clauses give where it stands.
class TableFinder {
 public:
  std::vector<TableUse> find(const Json& statement) {
    walk(statement);
    std::stable_sort(uses_.begin(), uses_.end(),
                     [](const TableUse& a, const TableUse& b) { return a.position < b.position; });
    return std::move(uses_);
  }

 private:
  void walk(const Json& node) {
    if (node.is_array()) {
      for (const Json& child : node) walk(child);
    }
    if (!node.is_object()) return;
    size_t visible = names_.size();
    auto with = node.find("cte_map");
    if (with != node.end() && with->is_object()) walk_with(*with);
    std::string type = text_at(node, "type");
    // A recursive clause reads itself in its right half.
    if (type == "RECURSIVE_CTE_NODE") names_.push_back(ascii::lower(text_at(node, "cte_name")));
    if (type == "BASE_TABLE") add(node);
    for (const auto& [key, child] : node.items()) {
      if (key != "cte_map") walk(child);
    }
    names_.resize(visible);
  }

  void walk_with(const Json& with) {
    auto map = with.find("map");
    if (map == with.end() || !map->is_array()) return;
    for (const Json& entry : *map) {
      walk(entry.at("value"));
      names_.push_back(ascii::lower(text_at(entry, "key")));
    }
  }

  void add(const Json& node) {
    TableUse use{text_at(node, "catalog_name"), text_at(node, "schema_name"), text_at(node, "table_name"), false,
                 duckdb::position_of(node)};
    auto at = node.find("at_clause");
    use.versioned = at != node.end() && !at->is_null();
    bool own = use.catalog.empty() && use.schema.empty() &&
               std::find(names_.begin(), names_.end(), ascii::lower(use.table)) != names_.end();
    if (!own) uses_.push_back(std::move(use));
  }

  std::vector<std::string> names_;
  std::vector<TableUse> uses_;
};

// Table functions that make rows of their arguments alone. All others read files, the catalog or the machine.
constexpr std::array<std::string_view, 7> kTableFunctions = {"generate_series", "json_each",  "json_tree", "range",
                                                             "repeat",          "repeat_row", "unnest"};

// Functions whose answer is the session's, the machine's or a variable's, or that act.
constexpr std::array<std::string_view, 25> kSessionFunctions = {"currval",
                                                                "current_catalog",
                                                                "current_connection_id",
                                                                "current_database",
                                                                "current_query",
                                                                "current_query_id",
                                                                "current_role",
                                                                "current_schema",
                                                                "current_schemas",
                                                                "current_setting",
                                                                "current_transaction_id",
                                                                "current_user",
                                                                "getenv",
                                                                "getvariable",
                                                                "in_search_path",
                                                                "nextval",
                                                                "session_user",
                                                                "setseed",
                                                                "sleep_ms",
                                                                "txid_current",
                                                                "user",
                                                                "version",
                                                                "write_log",
                                                                "json_serialize_sql",
                                                                "json_serialize_plan"};

template <size_t N>
bool among(const std::array<std::string_view, N>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void find_forbidden(const Json& node, std::vector<Mistake>& mistakes) {
  if (!node.is_structured()) return;
  if (node.is_object()) {
    std::string type = text_at(node, "type");
    std::string function = ascii::lower(text_at(node, "function_name"));
    if (type == "TABLE_FUNCTION") {
      const Json& call = node.at("function");
      std::string name = ascii::lower(text_at(call, "function_name"));
      if (!among(kTableFunctions, name)) {
        uint64_t position = std::min(duckdb::position_of(node), duckdb::position_of(call));
        mistakes.push_back({fmt::format("a step may not read through the table function `{}`", name),
                            "steps read sources and steps only: declare the data under `sources`", position, 0});
      }
    } else if (type == "SHOW_REF") {
      mistakes.push_back(
          {"a step is one SELECT, not DESCRIBE, SHOW or SUMMARIZE", "", duckdb::first_position(node), 0});
    } else if (among(kSessionFunctions, function)) {
      mistakes.push_back({fmt::format("a step may not call `{}`", function),
                          "the result of a step depends on its sources, steps and parameters alone",
                          duckdb::position_of(node), 0});
    }
  }
  for (const Json& child : node) find_forbidden(child, mistakes);
}

bool has_star(const Json& node) {
  if (!node.is_structured()) return false;
  if (node.is_object()) {
    std::string kind = text_at(node, "class");
    if (kind == "STAR") return true;
    if (kind == "SUBQUERY") return false;
    // unnest(struct) and unpacked columns make several columns of one expression.
    if (ascii::lower(text_at(node, "function_name")) == "unnest") return true;
  }
  return std::any_of(node.begin(), node.end(), has_star);
}

}  // namespace

std::vector<TableUse> tables_read(const Json& statement) { return TableFinder().find(statement); }

std::vector<Mistake> forbidden(const Json& statement) {
  std::vector<Mistake> mistakes;
  find_forbidden(statement, mistakes);
  return mistakes;
}

const Json* result_expressions(const Json& statement) {
  const Json* node = &statement.at("node");
  while (text_at(*node, "type") == "SET_OPERATION_NODE") {
    auto children = node->find("children");
    if (children != node->end() && children->is_array() && !children->empty()) {
      node = &children->front();
    } else if (node->contains("left")) {
      node = &node->at("left");
    } else {
      return nullptr;
    }
  }
  auto list = node->find("select_list");
  if (list == node->end() || !list->is_array()) return nullptr;
  return std::any_of(list->begin(), list->end(), has_star) ? nullptr : &*list;
}

}  // namespace segue::sql
