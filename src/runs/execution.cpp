#include "runs/execution.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "duckdb/instance.h"
#include "engine/expressions/evaluator.h"
#include "runs/lake_tables.h"
#include "runs/rewrite.h"

namespace segue::runs {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

std::set<std::string> materialized(const plan::Graph& graph) {
  std::set<std::string> names;
  for (const plan::StepNode& step : graph.steps)
    if (step.materialized) names.insert(step.name);
  return names;
}

void drop_last_column(Relation& rows) {
  rows.fields.pop_back();
  for (segue::Batch& batch : rows.batches) batch.columns.pop_back();
}

// The table as it is, with the columns that it is to have: those that its files lack are NULL.
lake::TableState table_to_be(const runs::Batch& batch) {
  lake::TableState table = *batch.table;
  table.fields = batch.step->fields;
  return table;
}

// Rows that replace those of some of the table's files come first.
void add_rewritten(Rewritten kept, TableUpdate& update) {
  if (update.tells_file && !kept.tells_file) {
    drop_last_column(update.rows);
    update.tells_file = false;
  }
  if (kept.tells_file && !update.tells_file) drop_last_column(kept.rows);
  update.replaced->insert(update.replaced->end(), kept.files.begin(), kept.files.end());
  kept.rows.batches.insert(kept.rows.batches.end(), std::make_move_iterator(update.rows.batches.begin()),
                           std::make_move_iterator(update.rows.batches.end()));
  update.rows.batches = std::move(kept.rows.batches);
}

}  // namespace

Relation TableUpdate::table_rows() const {
  Relation result = rows;
  if (tells_file) drop_last_column(result);
  return result;
}

Execution::Execution(const Prepared& prepared, const lake::Lake& lake, ExecutionOptions options,
                     const Cancellation& cancellation, Progress& progress)
    : prepared_(prepared),
      lake_(lake),
      options_(std::move(options)),
      cancellation_(cancellation),
      progress_(progress),
      workers_(options_.threads, cancellation) {}

void Execution::run(const std::vector<Batch>& batches, const std::set<std::string>& unchanged) {
  for (const Batch& batch : batches) {
    batches_[batch.step->step->name] = &batch;
    for (const SourceFile& file : batch.record.files) file_keys_[batch.record.source][file.path] = file_key(file);
  }
  compute_new_rows(batches);
  std::set<std::string> wanted = materialized(prepared_.graph);
  std::erase_if(wanted, [&](const std::string& name) { return unchanged.contains(step_of(name)); });
  for (auto& [name, rows] : execute(prepared_.graph, wanted, nullptr)) results[name] = std::move(rows);
  // What checks looked at is what shows why they failed.
  for (auto& [name, whole] : whole_tables_) results[name] = whole;
}

void Execution::compute_new_rows(const std::vector<Batch>& batches) {
  // Steps that read the same files are computed in one pass.
  std::map<NewFiles, std::vector<const Batch*>> passes;
  for (const Batch& batch : batches)
    if (!batch.up_to_date()) passes[{batch.step->increment->source, batch.files, batch.rebuild()}].push_back(&batch);
  for (const auto& [read, together] : passes) {
    std::set<std::string> wanted;
    for (const std::string& name : materialized(prepared_.increments))
      for (const Batch* batch : together)
        if (step_of(name) == batch->step->step->name) wanted.insert(name);
    if (read.files.empty()) {
      for (const std::string& name : wanted) results[name].fields = prepared_.increments.find(name)->root->fields;
    } else {
      for (auto& [name, rows] : execute(prepared_.increments, wanted, &read)) results[name] = std::move(rows);
    }
    for (const Batch* batch : together) update_table(*batch);
  }
  // Of the others there are no new rows, and no row that a check would hold back was looked at.
  for (const Batch& batch : batches) {
    if (!batch.up_to_date()) continue;
    for (const std::string& name : {batch.step->step->name, batch.step->held_name})
      if (!name.empty()) results[name].fields = prepared_.increments.find(name)->root->fields;
    if (batch.step->tells_file) drop_last_column(results[batch.step->step->name]);
  }
}

void Execution::update_table(const Batch& batch) {
  const PreparedStep& step = *batch.step;
  Relation rows = results.at(step.step->name);
  if (step.tells_file) drop_last_column(results.at(step.step->name));
  TableUpdate& update = updates[step.step->name];
  if (!batch.rebuild()) update.replaced.emplace();
  try {
    if (step.step->write.mode == definition::WriteMode::kAppend)
      append(batch, std::move(rows), update);
    else
      merge(batch, rows, update);
    if (batch.widened) write_rest_again(batch, update);
  } catch (const Failure& failure) {
    Error error = failure.error();
    if (error.code == ErrorCode::kCancelled) throw;
    error.message = fmt::format("step `{}`: {}", step.step->name, error.message);
    error.place = step.step->write.place;
    throw Failure(std::move(error));
  }
}

void Execution::append(const Batch& batch, Relation rows, TableUpdate& update) {
  update.rows = std::move(rows);
  update.tells_file = batch.step->tells_file;
  if (batch.gone.empty()) return;
  Rewritten kept =
      take_out_files(table_to_be(batch), batch.gone, {options_.threads, options_.duckdb_memory, &cancellation_});
  update.gone_rows = kept.removed;
  add_rewritten(std::move(kept), update);
}

void Execution::merge(const Batch& batch, const Relation& rows, TableUpdate& update) {
  const PreparedStep& step = *batch.step;
  MergeRule rule{step.fields, step.increment->keys, step.increment->latest_by, step.increment->combine};
  std::optional<lake::TableState> table;
  if (!batch.rebuild()) table = table_to_be(batch);
  Rewritten merged =
      merge_rows(table ? &*table : nullptr, rows, rule, {options_.threads, options_.duckdb_memory, &cancellation_});
  if (!batch.rebuild()) update.replaced = std::move(merged.files);
  update.rows = std::move(merged.rows);
}

// What is left of the table as it is, with the types that its columns have now.
void Execution::write_rest_again(const Batch& batch, TableUpdate& update) {
  std::vector<std::string> rest;
  for (const lake::DataFile& file : batch.table->files)
    if (std::ranges::find(*update.replaced, file.path) == update.replaced->end()) rest.push_back(file.path);
  if (rest.empty()) return;
  add_rewritten(gather_rows(table_to_be(batch), rest, {options_.threads, options_.duckdb_memory, &cancellation_}),
                update);
}

uint64_t Execution::rows_to_be(const Batch& batch) const {
  auto update = updates.find(batch.step->step->name);
  uint64_t rows = update == updates.end() ? 0 : update->second.rows.rows();
  if (!batch.table || batch.rebuild()) return rows;
  for (const lake::DataFile& file : batch.table->files) {
    bool replaced = update != updates.end() &&
                    std::ranges::find(*update->second.replaced, file.path) != update->second.replaced->end();
    if (!replaced) rows += file.rows.value_or(0);
  }
  return rows;
}

const Relation& Execution::whole_table(const Batch& batch) {
  const std::string& name = batch.step->step->name;
  auto known = whole_tables_.find(name);
  if (known != whole_tables_.end()) return known->second;
  auto update = updates.find(name);
  Relation whole;
  if (batch.table && !(update != updates.end() && !update->second.replaced)) {
    lake::TableState kept = table_to_be(batch);
    if (update != updates.end())
      std::erase_if(kept.files, [&](const lake::DataFile& file) {
        return std::ranges::find(*update->second.replaced, file.path) != update->second.replaced->end();
      });
    whole = read_lake_table(kept, options_.threads, cancellation_);
  }
  whole.fields = batch.step->fields;
  if (update != updates.end()) {
    Relation rows = update->second.table_rows();
    whole.batches.insert(whole.batches.end(), rows.batches.begin(), rows.batches.end());
  }
  return whole_tables_[name] = std::move(whole);
}

std::map<std::string, Relation> Execution::execute(const plan::Graph& graph, const std::set<std::string>& wanted,
                                                   const NewFiles* files) {
  engine::Request request;
  for (const plan::StepNode& step : graph.steps)
    if (wanted.contains(step.name)) request.results[step.name] = step.root;
  if (request.results.empty()) return {};
  BadRowsOfSources found;
  request.open_source = [&](const plan::Scan& scan) { return open(scan, files, found); };
  request.run_foreign = [&](const plan::Foreign& step, const std::vector<Relation>& inputs) {
    return run_in_duckdb(step, inputs);
  };
  request.workers = &workers_;
  request.progress = &progress_;
  engine::Profile operators;
  if (options_.operators != nullptr) request.profile = &operators;
  std::map<std::string, Relation> rows;
  try {
    rows = engine::execute(request);
  } catch (const engine::ExpressionFailure& failure) {
    // A value without an answer is pointed at in the definition's SQL.
    Error error = failure.error();
    error.place = prepared_.place(graph, failure.position());
    throw Failure(error);
  }
  keep(std::move(found));
  if (options_.operators != nullptr) {
    size_t before = options_.operators->size();
    for (engine::OperatorProfile& each : operators) {
      for (size_t& input : each.inputs) input += before;
      options_.operators->push_back(std::move(each));
    }
  }
  return rows;
}

// A row may be met in several passes.
void Execution::keep(BadRowsOfSources found) {
  for (auto& [source, rows] : found) {
    std::vector<formats::BadRow>& all = bad_rows[source];
    std::set<std::pair<std::string, uint64_t>> known;
    for (const formats::BadRow& row : all) known.emplace(row.file, row.offset);
    for (formats::BadRow& row : rows)
      if (!known.contains({row.file, row.offset})) all.push_back(std::move(row));
  }
}

std::unique_ptr<formats::Scanner> Execution::open(const plan::Scan& scan, const NewFiles* files,
                                                  BadRowsOfSources& found) {
  for (const PreparedSource& source : prepared_.sources) {
    if (source.source->name != scan.source) continue;
    bool grows = files != nullptr && files->source == scan.source;
    if (!grows || files->all) read_whole.insert(scan.source);
    return open_source(source, grows ? files->files : files_of(*source.source, cancellation_), scan.columns,
                       workers_.count(), cancellation_, &progress_, found, !grows || files->all,
                       file_keys_[scan.source]);
  }
  auto batch = batches_.find(scan.source);
  if (batch != batches_.end()) return open_rows(whole_table(*batch->second), scan.columns);
  std::optional<lake::TableName> name = lake::parse_table_name(scan.source);
  std::optional<lake::TableState> table = name ? lake_.find(*name) : std::nullopt;
  if (table) return open_lake_table(*table, scan.columns, workers_.count(), cancellation_);
  fail(ErrorCode::kInternal, fmt::format("no source {}", scan.source));
}

duckdb::Engine& Execution::duckdb() {
  if (!duckdb_) {
    std::filesystem::create_directories(options_.spill_folder);
    duckdb_.emplace(duckdb::EngineOptions{options_.threads, options_.duckdb_memory, options_.spill_folder});
  }
  return *duckdb_;
}

Relation Execution::run_in_duckdb(const plan::Foreign& step, const std::vector<Relation>& inputs) {
  auto begin = Clock::now();
  std::map<std::string, const Relation*> tables;
  for (size_t i = 0; i < inputs.size(); ++i) tables[step.names[i]] = &inputs[i];
  try {
    Relation rows = duckdb().run(prepared_.queries.at(step.step).text, tables, cancellation_);
    foreign_seconds[step.step] += seconds_since(begin);
    return rows;
  } catch (const duckdb::QueryFailure& failure) {
    Error error = failure.error();
    error.message = fmt::format("step `{}`: {}", step_of(step.step), error.message);
    error.place = prepared_.place(step.step, failure.position());
    throw Failure(std::move(error));
  }
}

// The step that a name of a graph belongs to.
const std::string& Execution::step_of(const std::string& name) const {
  for (const PreparedStep& step : prepared_.steps) {
    bool of_check = std::ranges::any_of(
        step.checks, [&](const PreparedCheck& check) { return check.name == name || check.keys_name == name; });
    if (step.step->name == name || step.all_rows_name == name || step.held_name == name || of_check)
      return step.step->name;
  }
  return name;
}

}  // namespace segue::runs
