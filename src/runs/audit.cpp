#include "runs/audit.h"

#include "base/error.h"
#include "columns/value.h"
#include "sql/binder.h"

namespace segue::runs {
namespace {

uint64_t number_at(const Relation& counts, size_t column) {
  SEGUE_ASSERT(counts.rows() == 1);
  for (const Batch& batch : counts.batches) {
    if (batch.rows == 0) continue;
    Value value = value_at(batch.columns[column], 0);
    SEGUE_ASSERT(!value.null());
    return static_cast<uint64_t>(std::get<int64_t>(value.data));
  }
  return 0;
}

void add_samples(const Prepared& prepared, const PreparedStep& step, const PreparedCheck& check, const Relation& rows,
                 duckdb::Engine& engine, const Cancellation& cancellation, CheckResult& result) {
  sql::Binder binder;
  binder.add_table({step.step->name, step.fields});
  std::map<std::string, Value> params;
  for (const definition::Param& param : prepared.pipeline.params) params[param.name] = param.value;
  std::string text = binder.bind(check.queries.sample, params).text;
  Relation samples = engine.run(text, {{step.step->name, &rows}}, cancellation);
  for (const Field& field : samples.fields) result.sample_columns.push_back(field.name);
  for (const Batch& batch : samples.batches) {
    for (size_t row = 0; row < batch.rows; ++row) {
      std::vector<std::string>& line = result.samples.emplace_back();
      for (const Column& column : batch.columns) line.push_back(to_string(value_at(column, row)));
    }
  }
}

}  // namespace

std::vector<CheckResult> audit(const Prepared& prepared, const std::map<std::string, Relation>& results,
                               const std::function<duckdb::Engine&()>& engine, const Cancellation& cancellation) {
  std::vector<CheckResult> checks;
  for (const PreparedStep& step : prepared.steps) {
    for (const PreparedCheck& check : step.checks) {
      const Relation& counts = results.at(check.name);
      CheckResult result;
      result.step = step.step->name;
      result.check = definition::to_string(*check.check);
      result.warn = check.check->severity == definition::Severity::kWarn;
      result.failing = number_at(counts, 0);
      result.passed = result.failing == 0;
      result.place = check.check->place;
      if (!result.passed) {
        result.message = quality::describe(check.meaning, result.failing, number_at(counts, 1));
        if (!check.queries.sample.empty())
          add_samples(prepared, step, check, results.at(step.step->name), engine(), cancellation, result);
      }
      checks.push_back(std::move(result));
    }
  }
  return checks;
}

}  // namespace segue::runs
