#include "runs/prepare.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/suggestion.h"
#include "duckdb/duckdb_engine.h"
#include "engine/execute.h"
#include "lake/lake.h"
#include "runs/dependencies.h"
#include "sql/binder.h"

namespace segue::runs {
namespace {

bool number(const Type& type) {
  switch (type.id) {
    case TypeId::kTinyint:
    case TypeId::kSmallint:
    case TypeId::kInteger:
    case TypeId::kBigint:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal: return true;
    default: return false;
  }
}

quality::Check meaning(const definition::Check& check) {
  quality::Check result;
  switch (check.kind) {
    case definition::Check::Kind::kUnique: result.kind = quality::Check::Kind::kUnique; break;
    case definition::Check::Kind::kNotNull: result.kind = quality::Check::Kind::kNotNull; break;
    case definition::Check::Kind::kBetween: result.kind = quality::Check::Kind::kBetween; break;
    case definition::Check::Kind::kRowCount: result.kind = quality::Check::Kind::kRowCount; break;
    case definition::Check::Kind::kSql: result.kind = quality::Check::Kind::kSql; break;
  }
  result.columns = check.columns;
  if (check.min) result.min = check.min->sql;
  if (check.max) result.max = check.max->sql;
  result.min_rows = check.min_rows;
  result.max_rows = check.max_rows;
  result.expression = check.expression.text();
  return result;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

Error definition_error(std::string message, Place place, std::string hint) {
  Error error;
  error.code = ErrorCode::kDefinition;
  error.message = std::move(message);
  error.place = std::move(place);
  error.hint = std::move(hint);
  return error;
}

// Binds a pipeline's steps and checks, one after the other, and collects what is wrong.
class Preparation {
 public:
  explicit Preparation(const definition::Pipeline& pipeline) : prepared_(std::make_unique<Prepared>()) {
    prepared_->pipeline = pipeline;
  }

  std::unique_ptr<const Prepared> run(const PrepareOptions& options) {
    for (const definition::Param& param : pipeline().params) params_[param.name] = param.value;
    for (const definition::Source& source : pipeline().sources) {
      binder_.add_table({source.name, source.columns});
      source_tables_.push_back({source.name, source.columns});
    }
    dependencies_ = find_dependencies(pipeline(), binder_, errors_);
    check_outputs();
    for (const definition::Step* step : dependencies_.order)
      if (!reads_broken(*step)) bind(*step);
    if (!errors_.empty()) throw Failure(sorted_errors());
    choose(options);
    return std::move(prepared_);
  }

 private:
  const definition::Pipeline& pipeline() const { return prepared_->pipeline; }

  bool reads_broken(const definition::Step& step) {
    for (const std::string& name : dependencies_.reads.at(step.name))
      if (dependencies_.broken.contains(name)) dependencies_.broken.insert(step.name);
    return dependencies_.broken.contains(step.name);
  }

  // What definition/ allows and the lake cannot write yet.
  void check_outputs() {
    for (const definition::Step& step : pipeline().steps) {
      if (step.format == definition::TableFormat::kParquet && !step.view)
        errors_.push_back(definition_error(
            fmt::format("step `{}` asks for plain Parquet folders, which this version does not write", step.name),
            step.place, "leave `format` out: delta tables are Parquet files with a log beside them"));
    }
  }

  void bind(const definition::Step& step) {
    sql::BoundQuery query;
    try {
      query = binder_.bind(step.sql.text(), params_);
    } catch (const sql::SqlError& error) {
      add_mistakes(error, step.sql, errors_);
      dependencies_.broken.insert(step.name);
      return;
    }
    if (!step.view) {
      for (const lake::ColumnProblem& problem : lake::column_problems(query.fields))
        errors_.push_back(
            definition_error(fmt::format("step `{}`: {}", step.name, problem.message), step.sql.place(), problem.hint));
    }
    binder_.add_table({step.name, query.fields});
    PreparedStep prepared;
    prepared.step = &step;
    prepared.fields = query.fields;
    prepared.reads = dependencies_.reads.at(step.name);
    for (const definition::Check& check : step.checks) bind_check(step, check, prepared);
    if (step.chart) check_chart(step, *step.chart, prepared.fields);
    add_bound(step.name, std::move(query), !step.view);
    prepared_->steps.push_back(std::move(prepared));
  }

  void check_chart(const definition::Step& step, const definition::Chart& chart, const std::vector<Field>& fields) {
    std::vector<std::string> names;
    for (const Field& field : fields) names.push_back(field.name);
    auto column = [&](const std::string& name, const Place& place) -> const Field* {
      auto found = std::ranges::find(fields, name, &Field::name);
      if (found != fields.end()) return &*found;
      errors_.push_back(definition_error(fmt::format("step `{}` has no column `{}`", step.name, name), place,
                                         suggest(name, names, "its columns")));
      return nullptr;
    };
    column(chart.x, chart.x_place);
    if (!chart.by.empty()) column(chart.by, chart.by_place);
    const Field* y = column(chart.y, chart.y_place);
    if (y != nullptr && !number(y->type)) {
      errors_.push_back(definition_error(
          fmt::format("`y` of a chart must be a number; `{}` is {}", chart.y, to_string(y->type)), chart.y_place, ""));
    }
  }

  void bind_check(const definition::Step& step, const definition::Check& check, PreparedStep& prepared) {
    PreparedCheck result;
    result.check = &check;
    result.name = fmt::format("{}: {}", step.name, definition::to_string(check));
    for (int number = 2; bound_.contains(result.name); ++number)
      result.name = fmt::format("{}: {} ({})", step.name, definition::to_string(check), number);
    result.meaning = meaning(check);
    std::vector<quality::Problem> problems = quality::problems(step.name, result.meaning, prepared.fields);
    for (const quality::Problem& problem : problems) {
      bool located = problem.column && *problem.column < check.column_places.size();
      errors_.push_back(definition_error(problem.message, located ? check.column_places[*problem.column] : check.place,
                                         problem.hint));
    }
    if (!problems.empty() || !bounds_fit(check, prepared.fields)) return;
    result.queries = quality::queries(step.name, result.meaning);
    if (check.kind == definition::Check::Kind::kSql && !bind_expression(check, result.queries)) return;
    try {
      add_bound(result.name, binder_.bind(result.queries.count, params_), true);
    } catch (const sql::SqlError& error) {
      // The query around what the user wrote is ours, so only the check as a whole can be pointed at.
      const definition::Bound* bound = check.min ? &*check.min : check.max ? &*check.max : nullptr;
      Place place = bound != nullptr ? bound->place : check.place;
      errors_.push_back(definition_error(error.mistakes().front().message, place, error.mistakes().front().hint));
      return;
    }
    prepared.checks.push_back(std::move(result));
  }

  // A bound that is text in the file must be a value of the column's type: DuckDB would say so only when the rows are
  // there.
  bool bounds_fit(const definition::Check& check, const std::vector<Field>& fields) {
    bool fit = true;
    for (const std::optional<definition::Bound>* bound : {&check.min, &check.max}) {
      if (!*bound || !(*bound)->sql.starts_with('\'')) continue;
      auto column = std::find_if(fields.begin(), fields.end(),
                                 [&](const Field& field) { return same_name(field.name, check.columns.at(0)); });
      if (column == fields.end() || column->type.text()) continue;
      try {
        if (!duckdb_) duckdb_.emplace(duckdb::EngineOptions{});
        duckdb_->run(fmt::format("SELECT {}::{} AS bound", (*bound)->sql, to_string(column->type)), {}, Cancellation());
      } catch (const Failure&) {
        errors_.push_back(definition_error(
            fmt::format("'{}' is no {}, which column `{}` is", (*bound)->text, to_string(column->type), column->name),
            (*bound)->place, "write a value of that type"));
        fit = false;
      }
    }
    return fit;
  }

  bool bind_expression(const definition::Check& check, const quality::Queries& queries) {
    try {
      sql::BoundQuery bound = binder_.bind(queries.expression, params_);
      if (bound.fields.size() == 1 && bound.fields[0].type.id == TypeId::kBoolean) return true;
      errors_.push_back(definition_error(
          bound.fields.size() == 1
              ? fmt::format("this expression is {}, and a check must be true or false", to_string(bound.fields[0].type))
              : std::string("a check is one expression over a row"),
          check.expression.place(0, check.expression.text().size()), "compare it with something"));
    } catch (const sql::SqlError& error) {
      std::vector<Error> located = sql::located(error, [&](uint64_t offset, uint64_t length) {
        uint64_t begin = offset < queries.expression_offset ? 0 : offset - queries.expression_offset;
        return check.expression.place(begin, length);
      });
      errors_.insert(errors_.end(), located.begin(), located.end());
    }
    return false;
  }

  void add_bound(const std::string& name, sql::BoundQuery query, bool materialized) {
    plan::BoundStep step;
    step.name = name;
    step.plan = std::move(query.plan);
    step.fields = query.fields;
    step.tables = query.tables;
    step.materialized = materialized;
    bound_.emplace(name, std::move(step));
    prepared_->queries.emplace(name, std::move(query));
  }

  std::vector<Error> sorted_errors() {
    std::stable_sort(errors_.begin(), errors_.end(), [](const Error& a, const Error& b) {
      return std::tie(a.place.file, a.place.line, a.place.column) <
             std::tie(b.place.file, b.place.line, b.place.column);
    });
    return std::move(errors_);
  }

  // Steps in order, then their checks.
  std::vector<plan::BoundStep> in_order() const {
    std::vector<plan::BoundStep> steps;
    for (const PreparedStep& step : prepared_->steps) steps.push_back(bound_.at(step.step->name));
    for (const PreparedStep& step : prepared_->steps)
      for (const PreparedCheck& check : step.checks) steps.push_back(bound_.at(check.name));
    return steps;
  }

  void choose(const PrepareOptions& options) {
    // Which rows of a source are bad must depend neither on what is selected nor on the engine: so the columns in use
    // are those that the SQL of all steps reads.
    std::map<std::string, std::vector<size_t>> used;
    for (const auto& [name, node] : plan::build_graph(source_tables_, in_order(), engine::unsupported, true).sources)
      if (node) used[name] = static_cast<const plan::Scan&>(*node).columns;

    if (!options.select.empty()) {
      std::set<std::string> selected = with_what_they_read(pipeline(), dependencies_, options.select);
      std::erase_if(prepared_->steps, [&](const PreparedStep& step) { return !selected.contains(step.step->name); });
    }
    bool force_foreign = options.engine == definition::EngineName::kDuckdb;
    prepared_->graph = plan::build_graph(source_tables_, in_order(), engine::unsupported, force_foreign);
    std::set<std::string> read;
    for (PreparedStep& step : prepared_->steps) {
      const plan::StepNode* node = prepared_->graph.find(step.step->name);
      step.selected = options.select.empty() ||
                      std::find(options.select.begin(), options.select.end(), step.step->name) != options.select.end();
      step.native = node->native;
      step.reason = node->reason;
      read.insert(step.reads.begin(), step.reads.end());
    }
    for (const definition::Source& source : pipeline().sources)
      if (read.contains(source.name)) prepared_->sources.push_back({&source, used[source.name]});
  }

  std::unique_ptr<Prepared> prepared_;
  sql::Binder binder_;
  std::optional<duckdb::Engine> duckdb_;  // made when it is needed
  std::map<std::string, Value> params_;
  std::vector<plan::SourceTable> source_tables_;
  Dependencies dependencies_;
  std::map<std::string, plan::BoundStep> bound_;
  std::vector<Error> errors_;
};

}  // namespace

std::unique_ptr<const Prepared> prepare(const definition::Pipeline& pipeline, const PrepareOptions& options) {
  return Preparation(pipeline).run(options);
}

Place Prepared::place(uint64_t position) const {
  auto origin = plan::origin_of(position);
  if (!origin || origin->step >= graph.steps.size()) return {};
  const std::string& name = graph.steps[origin->step].name;
  for (const PreparedStep& step : steps) {
    if (step.step->name == name) {
      uint64_t offset = queries.at(name).user_position(origin->offset);
      return offset == sql::BoundQuery::kNoPosition ? Place{} : step.step->sql.place(offset, 1);
    }
    for (const PreparedCheck& check : step.checks) {
      if (check.name == name) return check.check->place;
    }
  }
  return {};
}

std::string explain(const Prepared& prepared) {
  std::string text;
  size_t width = 0;
  for (const PreparedStep& step : prepared.steps) width = std::max(width, step.step->name.size());
  for (const PreparedStep& step : prepared.steps) {
    text += fmt::format("{:<{}}  {}  {}", step.step->name, width, step.step->view ? "view " : "table",
                        step.native ? "native" : "duckdb");
    if (!step.native) text += fmt::format(": {}", step.reason);
    text += '\n';
  }
  return text + '\n' + plan::explain(prepared.graph);
}

}  // namespace segue::runs
