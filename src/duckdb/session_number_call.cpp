// Which calls of session_number are right, judged from the parsed statement: there alone windows still have positions.
#include <string>

#include <nlohmann/json.hpp>

#include "duckdb/parsed.h"
#include "duckdb/session_number.h"

namespace segue::duckdb {

namespace {

using Json = nlohmann::json;

constexpr char kRight[] = "write session_number(time, gap) OVER (PARTITION BY … ORDER BY time)";

bool flag_at(const Json& node, const char* key) {
  auto found = node.find(key);
  return found != node.end() && found->is_boolean() && found->get<bool>();
}

bool is_there(const Json& node, const char* key) {
  auto found = node.find(key);
  return found != node.end() && !found->is_null() && !found->empty();
}

// What stands in the node depends on rows: columns, subqueries, other windows.
bool depends_on_rows(const Json& node) {
  if (node.is_object()) {
    std::string kind = text_at(node, "class");
    if (kind == "COLUMN_REF" || kind == "SUBQUERY" || kind == "WINDOW" || kind == "STAR" || kind == "LAMBDA" ||
        kind == "POSITIONAL_REFERENCE" || kind == "PARAMETER") {
      return true;
    }
  }
  if (!node.is_structured()) return false;
  return std::any_of(node.begin(), node.end(), depends_on_rows);
}

CallMistake mistake(const Json& call, std::string message, std::string hint = kRight) {
  return {std::move(message), std::move(hint), position_of(call)};
}

std::optional<CallMistake> judge_gap(const Json& call, const Json& gap, Parser& parser) {
  CallMistake wrong{"the gap of session_number must be a constant interval without months",
                    "write for example INTERVAL '20 minutes'",
                    position_of(gap) == kNoPosition ? position_of(call) : position_of(gap)};
  if (depends_on_rows(gap)) return wrong;
  std::optional<Interval> interval = parser.constant_interval(gap);
  if (!interval || interval->months != 0) return wrong;
  if (!gap_micros(*interval)) {
    wrong.message = "the gap of session_number must not be negative";
    return wrong;
  }
  return std::nullopt;
}

std::optional<CallMistake> judge_window(const Json& call, Parser& parser) {
  const Json& arguments = call.at("children");
  if (arguments.size() != 2) return mistake(call, "session_number takes a time and a gap");
  const Json& orders = call.at("orders");
  if (orders.empty()) return mistake(call, "session_number needs ORDER BY its time argument in OVER (…)");
  const Json& key = orders[0];
  if (!same_expression(key.at("expression"), arguments[0])) {
    return mistake(call, "the first ORDER BY key of session_number's window must be its time argument");
  }
  if (text_at(key, "type") != "ORDER_DEFAULT" && text_at(key, "type") != "ASCENDING") {
    return mistake(call, "the window of session_number must be ordered by time ascending", "leave DESC out");
  }
  bool default_frame = text_at(call, "start") == "UNBOUNDED_PRECEDING" && text_at(call, "end") == "CURRENT_ROW_RANGE" &&
                       (text_at(call, "exclude_clause") == "NO_OTHER" || text_at(call, "exclude_clause").empty());
  if (!default_frame)
    return mistake(call, "session_number takes no frame", "leave ROWS, RANGE, GROUPS and EXCLUDE out");
  if (flag_at(call, "distinct")) return mistake(call, "session_number takes no DISTINCT", "leave DISTINCT out");
  if (is_there(call, "filter_expr"))
    return mistake(call, "session_number takes no FILTER", "filter the rows before, in WHERE");
  if (is_there(call, "arg_orders") || flag_at(call, "ignore_nulls")) {
    return mistake(call, "session_number takes only a time and a gap in its parentheses");
  }
  return judge_gap(call, arguments[1], parser);
}

}  // namespace

std::optional<CallMistake> find_wrong_call(const Json& node, Parser& parser) {
  if (!node.is_structured()) return std::nullopt;
  if (node.is_object() && text_at(node, "function_name") == "session_number") {
    if (text_at(node, "class") != "WINDOW")
      return mistake(node, "session_number is a window function and needs OVER (…)");
    if (std::optional<CallMistake> wrong = judge_window(node, parser)) return wrong;
  }
  for (const Json& child : node) {
    if (std::optional<CallMistake> wrong = find_wrong_call(child, parser)) return wrong;
  }
  return std::nullopt;
}

}  // namespace segue::duckdb
