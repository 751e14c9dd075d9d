#include "runs/pruning.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "engine/expressions/evaluator.h"
#include "plan/rewrite.h"

namespace segue::runs {
namespace {

// Whether an expression reads some columns, and only those.
bool reads_only(const plan::Expression& expression, const std::vector<size_t>& columns, size_t all) {
  std::vector<bool> used(all);
  plan::mark_columns(expression, used);
  for (size_t i = 0; i < all; ++i)
    if (used[i] && !std::ranges::binary_search(columns, i)) return false;
  return std::ranges::find(used, true) != used.end();
}

// The answers to conditions over one row; none if one has no answer.
std::vector<Column> ask(const std::vector<plan::ExpressionPtr>& conditions, const Batch& row) {
  try {
    engine::Evaluator::State state;
    return engine::Evaluator(conditions).evaluate(row, state);
  } catch (const Failure&) {
    return {};
  }
}

bool all_hold(const std::vector<plan::ExpressionPtr>& conditions, const Batch& row) {
  return std::ranges::all_of(ask(conditions, row),
                             [](const Column& answer) { return engine::select(answer, 1).size() == 1; });
}

// NULL, where a range is not known, is no `false`.
bool none_is_false(const std::vector<plan::ExpressionPtr>& conditions, const Batch& row) {
  return std::ranges::all_of(ask(conditions, row),
                             [](const Column& answer) { return !answer.is_valid(0) || answer.as<uint8_t>()[0] != 0; });
}

size_t least(size_t column) { return 2 * column; }
size_t greatest(size_t column) { return 2 * column + 1; }

// How many digits stand before the point of an exact number's type; 0 for other types.
int digits(const Type& type) {
  switch (type.id) {
    case TypeId::kTinyint: return 3;
    case TypeId::kSmallint: return 5;
    case TypeId::kInteger: return 10;
    case TypeId::kBigint: return 19;
    case TypeId::kDecimal: return type.width - type.scale;
    default: return 0;
  }
}

// Casts that have an answer for every value: one that has none must be met, so its row must be read.
bool always_casts(const Type& from, const Type& to) {
  if (from.id == TypeId::kTimestamp) return to.id == TypeId::kDate;
  if (digits(from) == 0 || digits(from) > digits(to)) return false;
  return from.id != TypeId::kDecimal || (to.id == TypeId::kDecimal && from.scale <= to.scale);
}

// The column of which an expression is a value that never falls where the column's rises; nothing for others. Floating
// point is left out: files do not count NaN among their values.
std::optional<size_t> rising(const plan::Expression& expression) {
  const Type& type = expression.type;
  if (expression.kind == plan::Expression::Kind::kColumn) {
    bool fine = digits(type) != 0 || type.id == TypeId::kDate || type.id == TypeId::kTimestamp || type.text();
    return fine ? std::optional(expression.column) : std::nullopt;
  }
  if (expression.name != "cast") return std::nullopt;
  bool fine = always_casts(expression.arguments[0]->type, type);
  return fine ? rising(*expression.arguments[0]) : std::nullopt;
}

bool constant(const plan::Expression& expression) {
  return expression.kind != plan::Expression::Kind::kColumn &&
         std::ranges::all_of(expression.arguments, [](const plan::ExpressionPtr& each) { return constant(*each); });
}

// `expression` with its only column taken from another place.
plan::ExpressionPtr with_column(const plan::ExpressionPtr& expression, size_t column) {
  if (expression->kind == plan::Expression::Kind::kColumn) return plan::make_column(column, expression->type);
  return plan::make_call(expression->name, expression->type, {with_column(expression->arguments[0], column)});
}

plan::ExpressionPtr all_of(std::string name, std::vector<plan::ExpressionPtr> conditions) {
  if (conditions.size() == 1) return conditions[0];
  return plan::make_call(std::move(name), TypeId::kBoolean, std::move(conditions));
}

// left OP right, for some row between the least and the greatest value of the left one's column.
plan::ExpressionPtr may_compare(const std::string& op, const plan::ExpressionPtr& left,
                                const plan::ExpressionPtr& right) {
  std::optional<size_t> column = rising(*left);
  if (!column || !constant(*right)) return nullptr;
  auto compare = [&](const char* name, size_t place) {
    return plan::make_call(name, TypeId::kBoolean, {with_column(left, place), right});
  };
  if (op == "<") return compare("<", least(*column));
  if (op == "<=") return compare("<=", least(*column));
  if (op == ">") return compare(">", greatest(*column));
  if (op == ">=") return compare(">=", greatest(*column));
  if (op == "=") return all_of("and", {compare("<=", least(*column)), compare(">=", greatest(*column))});
  return nullptr;
}

std::string turned(const std::string& op) {
  if (op.starts_with('<') && op != "<>") return ">" + op.substr(1);
  if (op.starts_with('>')) return "<" + op.substr(1);
  return op;
}

// Whether a condition over a source's columns may hold for a row, as a condition over their ranges (Reader::of_ranges);
// null if ranges tell nothing about it.
plan::ExpressionPtr may_hold(const plan::Expression& condition) {
  const std::vector<plan::ExpressionPtr>& arguments = condition.arguments;
  std::vector<plan::ExpressionPtr> parts;
  if (condition.name == "and" || condition.name == "or") {
    for (const plan::ExpressionPtr& argument : arguments)
      if (plan::ExpressionPtr part = may_hold(*argument)) parts.push_back(std::move(part));
    bool tells = condition.name == "and" ? !parts.empty() : parts.size() == arguments.size();
    return tells ? all_of(condition.name, std::move(parts)) : nullptr;
  }
  if (condition.name == "in") {
    for (size_t i = 1; i < arguments.size(); ++i) {
      plan::ExpressionPtr part = may_compare("=", arguments[0], arguments[i]);
      if (part == nullptr) return nullptr;
      parts.push_back(std::move(part));
    }
    return all_of("or", std::move(parts));
  }
  if (arguments.size() != 2) return nullptr;
  if (plan::ExpressionPtr part = may_compare(condition.name, arguments[0], arguments[1])) return part;
  return may_compare(turned(condition.name), arguments[1], arguments[0]);
}

}  // namespace

Readers readers_of(const plan::Graph& graph, const std::string& source, const std::vector<size_t>& told) {
  auto found = std::ranges::find(graph.sources, source, &std::pair<std::string, plan::NodePtr>::first);
  if (found == graph.sources.end() || found->second == nullptr) return {};
  const auto& scan = static_cast<const plan::Scan&>(*found->second);
  // As columns of the source, not of the scan.
  std::vector<plan::ExpressionPtr> columns;
  size_t end = 0;
  for (size_t i = 0; i < scan.columns.size(); ++i) {
    columns.push_back(plan::make_column(scan.columns[i], scan.fields[i].type));
    end = std::max(end, scan.columns[i] + 1);
  }
  std::vector<plan::NodePtr> roots;
  for (const plan::StepNode& step : graph.steps)
    if (step.materialized) roots.push_back(step.root);
  Readers readers;
  for (const plan::Node* node : plan::in_order(roots)) {
    if (std::ranges::none_of(node->inputs, [&](const plan::NodePtr& input) { return input.get() == &scan; })) continue;
    Reader asked;
    if (node->kind == plan::NodeKind::kFilter) {
      for (const plan::ExpressionPtr& condition : static_cast<const plan::Filter&>(*node).conditions) {
        plan::ExpressionPtr of_source = plan::replace_columns(condition, columns);
        if (plan::ExpressionPtr of_ranges = may_hold(*of_source)) asked.of_ranges.push_back(std::move(of_ranges));
        if (reads_only(*of_source, told, end)) asked.of_folders.push_back(std::move(of_source));
      }
    }
    if (asked.of_folders.empty() && asked.of_ranges.empty()) return {};
    readers.push_back(std::move(asked));
  }
  return readers;
}

bool needed(const Readers& readers, const std::vector<size_t>& told, const std::vector<Value>& values) {
  if (readers.empty() || told.empty()) return true;
  Batch file;
  file.rows = 1;
  file.columns.resize(told.back() + 1);
  for (size_t i = 0; i < told.size(); ++i) file.columns[told[i]] = constant_column(values[i]);
  return std::ranges::any_of(readers, [&](const Reader& reader) { return all_hold(reader.of_folders, file); });
}

formats::NeedsRowGroup needs_row_group(const Readers& readers, const std::vector<size_t>& told,
                                       std::vector<std::vector<Value>> values) {
  if (std::ranges::any_of(readers, [](const Reader& reader) { return reader.of_ranges.empty(); }) || readers.empty())
    return {};
  return [readers, told, values = std::move(values)](size_t file, const std::vector<formats::ValueRange>& ranges) {
    Batch row;
    row.rows = 1;
    size_t next = 0;  // of told
    for (size_t i = 0; row.columns.size() < 2 * (ranges.size() + told.size()); ++i) {
      bool of_folder = next < told.size() && told[next] == i;
      formats::ValueRange range =
          of_folder ? formats::ValueRange{values[file][next], values[file][next]} : ranges[i - next];
      next += of_folder;
      row.columns.push_back(constant_column(range.least));
      row.columns.push_back(constant_column(range.greatest));
    }
    return std::ranges::any_of(readers, [&](const Reader& reader) { return none_is_false(reader.of_ranges, row); });
  };
}

}  // namespace segue::runs
