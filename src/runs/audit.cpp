#include "runs/audit.h"

#include "base/error.h"
#include "columns/value.h"
#include "sql/binder.h"

namespace segue::runs {
namespace {

// The one row of a check's counts.
std::vector<Value> counts_of(const Relation& counts) {
  SEGUE_ASSERT(counts.rows() == 1);
  std::vector<Value> values;
  for (const Batch& batch : counts.batches) {
    if (batch.rows == 0) continue;
    for (const Column& column : batch.columns) values.push_back(value_at(column, 0));
  }
  return values;
}

uint64_t number(const Value& value) {
  SEGUE_ASSERT(!value.null());
  return static_cast<uint64_t>(std::get<int64_t>(value.data));
}

Relation without_reason(Relation held) {
  held.fields.pop_back();
  for (Batch& batch : held.batches) batch.columns.pop_back();
  return held;
}

void add_samples(const Prepared& prepared, const PreparedStep& step, const PreparedCheck& check,
                 const std::map<std::string, Relation>& results, const AuditTools& tools, CheckResult& result) {
  sql::Binder binder;
  Relation held;
  std::map<std::string, const Relation*> inputs{{check.rows_name, &results.at(step.step->name)}};
  if (check.rows_name == step.all_rows_name) {  // what breaks it is among what is held back
    held = without_reason(results.at(step.held_name));
    inputs[check.rows_name] = &held;
  }
  binder.add_table({check.rows_name, step.fields});
  if (!check.keys_name.empty()) {
    binder.add_table({check.keys_name, check.keys_fields});
    inputs[check.keys_name] = &results.at(check.keys_name);
  }
  std::map<std::string, Value> params;
  for (const definition::Param& param : prepared.pipeline.params) params[param.name] = param.value;
  std::string text = binder.bind(check.queries.sample, params).text;
  Relation samples = tools.engine().run(text, inputs, tools.cancellation);
  for (const Field& field : samples.fields) result.sample_columns.push_back(field.name);
  for (const Batch& batch : samples.batches) {
    for (size_t row = 0; row < batch.rows; ++row) {
      std::vector<std::string>& line = result.samples.emplace_back();
      for (const Column& column : batch.columns) line.push_back(to_string(value_at(column, row)));
    }
  }
}

// What was counted, and a sentence if the check does not hold.
quality::Change judge(const PreparedStep& step, const PreparedCheck& check, const std::vector<Value>& values,
                      const AuditTools& tools) {
  if (check.meaning.kind == CheckKind::kChange) {
    std::vector<uint64_t> nulls;
    for (size_t i = 2; i < values.size(); ++i) nulls.push_back(number(values[i]));
    return quality::judge_change(check.meaning, number(values.at(1)), nulls,
                                 tools.last_version(step.step->name, check.meaning.columns));
  }
  quality::Change judged;
  judged.counts.failing = number(values.at(0));
  judged.counts.rows = number(values.at(1));
  if (values.size() > 2 && !values[2].null()) judged.counts.observed = to_string(values[2]);
  if (judged.counts.failing != 0) judged.message = quality::describe(check.meaning, judged.counts);
  return judged;
}

}  // namespace

std::vector<CheckResult> audit(const Prepared& prepared, const std::map<std::string, Relation>& results,
                               const AuditTools& tools) {
  std::vector<CheckResult> checks;
  for (const PreparedStep& step : prepared.steps) {
    for (const PreparedCheck& check : step.checks) {
      auto counted = results.find(check.name);
      if (counted == results.end()) continue;  // a step without new rows, or one that was not computed
      quality::Change judged = judge(step, check, counts_of(counted->second), tools);
      CheckResult result;
      result.step = step.step->name;
      result.kind = segue::to_string(check.check->kind);
      result.check = definition::to_string(*check.check);
      result.severity = check.check->severity;
      result.failing = judged.counts.failing;
      result.rows = judged.counts.rows;
      result.observed = judged.counts.observed;
      result.passed = result.failing == 0;
      result.place = check.check->place;
      result.message = judged.message;
      if (!result.passed && !check.queries.sample.empty()) add_samples(prepared, step, check, results, tools, result);
      checks.push_back(std::move(result));
    }
  }
  return checks;
}

}  // namespace segue::runs
