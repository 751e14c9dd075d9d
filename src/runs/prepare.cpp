#include "runs/prepare.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/suggestion.h"
#include "definition/mistakes.h"
#include "definition/paths.h"
#include "engine/execute.h"
#include "lake/lake.h"
#include "lake/partition.h"
#include "lake/table.h"
#include "runs/check_binding.h"
#include "runs/dependencies.h"
#include "runs/increment.h"
#include "runs/mistakes.h"
#include "runs/table_columns.h"
#include "runs/table_source.h"
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

// Binds a pipeline's steps and checks, one after the other, and collects what is wrong.
class Preparation {
 public:
  explicit Preparation(const definition::PipelineDraft& draft)
      : prepared_(std::make_unique<Prepared>()), draft_(draft) {
    prepared_->pipeline = draft.pipeline;
    errors_ = draft.mistakes;
  }

  std::unique_ptr<const Prepared> run(const PrepareOptions& options) {
    if (!draft_.names_known) throw Failure(errors_);
    for (const definition::Param& param : pipeline().params) params_[param.name] = param.value;
    for (definition::Source& source : prepared_->pipeline.sources)
      if (!source.table.empty()) find_source_table(source, options);
    for (const definition::Source& source : pipeline().sources) {
      if (draft_.unsound.contains(source.name)) unknown_sources_.insert(source.name);
      if (unknown_sources_.contains(source.name)) continue;
      binder_.add_table({source.name, source.columns});
      source_tables_.push_back({source.name, source.columns});
    }
    dependencies_ = find_dependencies(pipeline(), binder_, errors_, draft_.unsound);
    dependencies_.broken.insert(unknown_sources_.begin(), unknown_sources_.end());
    for (const definition::Step& step : pipeline().steps) refuse_unknown_tables(step, options);
    CheckBinding checks(
        binder_, params_, options, [&](const std::string& name) { return find_table(name, options); }, errors_);
    for (const definition::Step* step : dependencies_.order)
      if (!reads_broken(*step)) bind(*step, checks);
    for (PreparedStep& step : prepared_->steps) {
      HiddenQueries hidden;
      checks.bind(step, hidden);
      add_hidden(step, hidden, false);
    }
    if (errors_.empty()) {
      plan::Graph graph = plan::build_graph(
          source_tables_, in_order(), [](const plan::Node&) { return std::nullopt; }, false);
      find_increments({pipeline(), dependencies_, params_, graph}, prepared_->steps, errors_);
      trace_lineage();
    }
    if (!errors_.empty())
      throw Failure(definition::in_order(std::move(errors_), definition::shown_path(pipeline().file)));
    choose(options);
    return std::move(prepared_);
  }

 private:
  const definition::Pipeline& pipeline() const { return prepared_->pipeline; }

  bool reads_broken(const definition::Step& step) {
    for (const std::string& param : draft_.unsound_params)
      if (step.sql.text().find('$' + param) != std::string_view::npos) dependencies_.broken.insert(step.name);
    for (const std::string& name : dependencies_.reads.at(step.name))
      if (dependencies_.broken.contains(name)) dependencies_.broken.insert(step.name);
    return dependencies_.broken.contains(step.name);
  }

  // What definition/ allows and the lake cannot write yet.
  // The columns of a source that is a table, and the version that is read.
  void find_source_table(definition::Source& source, const PrepareOptions& options) {
    auto unknown = [&](std::string message, std::string hint) {
      errors_.push_back(definition_error(std::move(message), source.table_place, std::move(hint)));
      unknown_sources_.insert(source.name);
    };
    std::optional<lake::TableName> parsed = lake::parse_table_name(source.table);
    if (!parsed)  // definition/ saw to the form of what it knew
      return unknown(fmt::format("nothing is known of the table `{}`", source.table), "the environment does not say");
    const lake::TableName& name = *parsed;
    if (name.pipeline == pipeline().name)
      return unknown(fmt::format("source `{}` is a table of this pipeline itself", source.name),
                     fmt::format("steps read each other by name: write `{}` in their SQL", name.step));
    if (std::optional<lake::TableState> table =
            options.find_table ? options.find_table(name, source.version) : std::nullopt) {
      source.columns = table->fields;
      tables_[source.name] = std::make_shared<const lake::TableState>(std::move(*table));
      return;
    }
    if (std::optional<std::vector<Field>> fields = options.find_columns ? options.find_columns(name) : std::nullopt) {
      source.columns = std::move(*fields);
      return;
    }
    if (options.find_table && source.version && options.find_table(name, {}))
      return unknown(fmt::format("there is no version {} of the table `{}`", *source.version, source.table),
                     fmt::format("`segue show {} --history` lists those that can be read", source.table));
    unknown(options.find_table ? fmt::format("the table `{}` was never published", source.table)
                               : fmt::format("nothing is known of the table `{}`", source.table),
            fmt::format("`segue run {}` publishes it, if that pipeline has a step `{}`", name.pipeline, name.step));
  }

  void bind(const definition::Step& step, CheckBinding& checks) {
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
    check_partition(step, query.fields);
    PreparedStep prepared;
    prepared.step = &step;
    prepared.fields = query.fields;
    prepared.reads = dependencies_.reads.at(step.name);
    for (const std::string& name : step.partition_by)
      if (auto field = find_field(query.fields, name); field != query.fields.end())
        prepared.partition_by.push_back(field->name);
    for (const definition::Comment& comment : step.comments)
      if (const Field* field = column_of(step, comment.column, prepared.fields, errors_))
        prepared.comments[field->name] = comment.text;
    if (step.chart) check_chart(step, *step.chart, prepared.fields);
    bool holding = std::any_of(step.checks.begin(), step.checks.end(), [](const definition::Check& check) {
      return check.severity == definition::Severity::kQuarantine;
    });
    if (holding) {
      prepared.all_rows_name = step.name + ": all rows";
      binder_.add_table({prepared.all_rows_name, query.fields});
      add_bound(prepared, prepared.all_rows_name, query, false, true);
      HiddenQueries hidden;
      std::optional<sql::BoundQuery> kept = checks.bind_holding(prepared, hidden);
      add_hidden(prepared, hidden, true);
      if (kept) query = std::move(*kept);
    }
    binder_.add_table({step.name, prepared.fields});
    add_bound(prepared, step.name, std::move(query), !step.view, true);
    prepared_->steps.push_back(std::move(prepared));
  }

  void check_chart(const definition::Step& step, const definition::Chart& chart, const std::vector<Field>& fields) {
    column_of(step, chart.x, fields, errors_);
    if (!chart.by.name.empty()) column_of(step, chart.by, fields, errors_);
    const Field* y = column_of(step, chart.y, fields, errors_);
    if (y != nullptr && !number(y->type)) {
      errors_.push_back(
          definition_error(fmt::format("`y` of a chart must be a number; `{}` is {}", chart.y.name, to_string(y->type)),
                           chart.y.place, ""));
    }
  }

  void check_partition(const definition::Step& step, const std::vector<Field>& fields) {
    std::set<std::string> found;
    for (size_t i = 0; i < step.partition_by.size(); ++i) {
      const std::string& name = step.partition_by[i];
      auto add = [&](std::string message, std::string hint) {
        errors_.push_back(definition_error(std::move(message), step.partition_places[i], std::move(hint)));
      };
      auto field = find_field(fields, name);
      if (field == fields.end()) {
        std::vector<std::string> names;
        for (const Field& each : fields) names.push_back(each.name);
        add(fmt::format("step `{}` has no column `{}` to partition by", step.name, name),
            suggest(name, names, "columns"));
        continue;
      }
      std::string reason = lake::why_no_partition(field->type);
      if (!reason.empty())
        add(fmt::format("step `{}` cannot be partitioned by `{}`: {}", step.name, field->name, reason),
            fmt::format("partition by another column, or by a text: CAST({} AS VARCHAR)", field->name));
      if (!found.insert(field->name).second) add(fmt::format("`{}` is named twice", name), "name each column once");
    }
    if (!fields.empty() && found.size() == fields.size())
      errors_.push_back(definition_error(
          fmt::format("step `{}` would be partitioned by all of its columns: its files would have none", step.name),
          step.partition_places.back(), "leave out at least one"));
  }

  void add_hidden(const PreparedStep& step, HiddenQueries& hidden, bool of_rows) {
    for (HiddenQuery& each : hidden) add_bound(step, each.name, std::move(each.query), each.materialized, of_rows);
  }

  // What a relationship looks into: nothing if there is no such table, or no lake to look into.
  std::optional<KnownTable> find_table(const std::string& name, const PrepareOptions& options) {
    if (unknown_sources_.contains(name)) return std::nullopt;
    if (const definition::Source* source = pipeline().source(name)) return KnownTable{source->columns};
    for (const PreparedStep& step : prepared_->steps)
      if (step.step->name == name) return KnownTable{step.fields};
    std::optional<lake::TableName> table = lake::parse_table_name(name);
    if (!table || !options.find_table) return std::nullopt;
    auto known = lake_fields_.find(name);
    if (known != lake_fields_.end()) return KnownTable{known->second};
    std::optional<lake::TableState> found = options.find_table(*table, {});
    if (!found) return std::nullopt;
    binder_.add_table({name, found->fields});
    source_tables_.push_back({name, found->fields});
    lake_fields_[name] = found->fields;
    return KnownTable{found->fields};
  }

  void refuse_unknown_tables(const definition::Step& step, const PrepareOptions& options) {
    for (const definition::Check& check : step.checks) {
      const std::string& name = check.to.name;
      if (name.empty() || pipeline().source(name) != nullptr || pipeline().step(name) != nullptr) continue;
      if (lake::parse_table_name(name)) {
        if (options.find_table && !find_table(name, options))
          errors_.push_back(definition_error(fmt::format("there is no table `{}` in the lake", name), check.to.place,
                                             "run the pipeline that makes it; `segue tables` lists what there is"));
        continue;
      }
      std::vector<std::string> names;
      for (const definition::Source& source : pipeline().sources) names.push_back(source.name);
      for (const definition::Step& each : pipeline().steps) names.push_back(each.name);
      errors_.push_back(definition_error(fmt::format("there is no source or step `{}`", name), check.to.place,
                                         suggest(name, names, "sources and steps")));
    }
  }

  void add_bound(const PreparedStep& of, const std::string& name, sql::BoundQuery query, bool materialized,
                 bool of_rows) {
    plan::BoundStep step;
    step.name = name;
    step.plan = std::move(query.plan);
    step.fields = query.fields;
    step.tables = query.tables;
    step.materialized = materialized;
    bound_.push_back({of.step->name, std::move(step), of_rows});
    prepared_->queries.emplace(name, std::move(query));
  }

  // Each table's step in a graph of its own, in which other tables are sources and views are looked through.
  void trace_lineage() {
    for (PreparedStep& of : prepared_->steps) {
      if (of.step->view) continue;
      std::vector<plan::SourceTable> tables = source_tables_;
      for (const PreparedStep& step : prepared_->steps)
        if (!step.step->view && &step != &of) tables.push_back({step.step->name, step.fields});
      std::set<std::string> needed = with_what_they_read(pipeline(), dependencies_, {of.step->name});
      std::vector<plan::BoundStep> steps;
      for (const Bound& each : bound_) {
        bool own = each.step == of.step->name;
        if (!each.of_rows || (!own && !(needed.contains(each.step) && pipeline().step(each.step)->view))) continue;
        steps.push_back(each.bound);
        steps.back().materialized = each.bound.name == of.step->name;
      }
      plan::Graph graph = plan::build_graph(tables, steps, [](const plan::Node&) { return std::nullopt; });
      of.lineage = plan::lineage_of(graph, of.step->name);
    }
  }

  // The steps that are there, with what their checks need.
  std::vector<plan::BoundStep> in_order() const {
    std::set<std::string> there;
    for (const PreparedStep& step : prepared_->steps) there.insert(step.step->name);
    std::vector<plan::BoundStep> steps;
    for (const Bound& each : bound_)
      if (there.contains(each.step)) steps.push_back(each.bound);
    return steps;
  }

  // Of these, what makes rows of new files: the steps that append or merge, with all that they read.
  std::vector<plan::BoundStep> in_order_of_increments() const {
    std::vector<std::string> incremental;
    for (const PreparedStep& step : prepared_->steps)
      if (step.increment) incremental.push_back(step.step->name);
    std::set<std::string> needed = with_what_they_read(pipeline(), dependencies_, incremental);
    std::vector<plan::BoundStep> steps;
    for (const Bound& each : bound_) {
      if (!each.of_rows || !needed.contains(each.step)) continue;
      steps.push_back(each.bound);
      // The rows of others are no result here, and what is held back of them neither.
      bool own = std::ranges::find(incremental, each.step) != incremental.end();
      steps.back().materialized = each.bound.materialized && own;
      if (steps.back().name == each.step) steps.back().file_of = source_to_tell(each.step);
    }
    return steps;
  }

  // Of which source's files the rows of a step shall tell, or nothing: those of a merge are made of several files.
  std::string source_to_tell(const std::string& name) const {
    for (const PreparedStep& step : prepared_->steps) {
      if (step.step->name != name || !step.increment || step.step->write.mode != definition::WriteMode::kAppend)
        continue;
      bool taken = std::ranges::any_of(
          step.fields, [](const Field& field) { return ascii::lower(field.name) == lake::kFileColumn; });
      bool shown = step.step->format == definition::TableFormat::kParquet;  // to readers that know no log
      return taken || shown ? "" : step.increment->source;
    }
    return {};
  }

  // Sources with the column for file_key() behind their own, where a step asks for it.
  std::vector<plan::SourceTable> sources_that_tell_files() const {
    std::vector<plan::SourceTable> tables = source_tables_;
    for (plan::SourceTable& table : tables) {
      bool asked = std::ranges::any_of(
          prepared_->steps, [&](const PreparedStep& step) { return source_to_tell(step.step->name) == table.name; });
      if (asked) table.fields.push_back({lake::kFileColumn, TypeId::kBigint});
    }
    return tables;
  }

  // The others: they read whole tables of steps that append or merge.
  std::vector<plan::BoundStep> in_order_of_whole_tables() const {
    std::set<std::string> there;
    for (const PreparedStep& step : prepared_->steps) there.insert(step.step->name);
    std::vector<plan::BoundStep> steps;
    for (const Bound& each : bound_)
      if (there.contains(each.step) && !(each.of_rows && incremental(each.step))) steps.push_back(each.bound);
    return steps;
  }

  bool incremental(const std::string& name) const {
    auto step = std::ranges::find(prepared_->steps, name, [](const PreparedStep& each) { return each.step->name; });
    return step != prepared_->steps.end() && step->increment.has_value();
  }

  std::vector<plan::SourceTable> tables_and_sources() const {
    std::vector<plan::SourceTable> tables = source_tables_;
    for (const PreparedStep& step : prepared_->steps)
      if (step.increment) tables.push_back({step.step->name, step.fields});
    return tables;
  }

  // What steps and their checks read.
  Dependencies with_checks() const {
    Dependencies all = dependencies_;
    for (const definition::Step& step : pipeline().steps) {
      std::vector<std::string>& reads = all.reads[step.name];
      for (const definition::Check& check : step.checks)
        if (!check.to.name.empty() && check.to.name.find('.') == std::string::npos) reads.push_back(check.to.name);
    }
    return all;
  }

  void choose(const PrepareOptions& options) {
    // Which rows of a source are bad must depend neither on what is selected nor on the engine: so the columns in use
    // are those that the SQL of all steps reads.
    std::map<std::string, std::vector<size_t>> used;
    for (const auto& [name, node] : plan::build_graph(source_tables_, in_order(), engine::unsupported, true).sources)
      if (node) used[name] = static_cast<const plan::Scan&>(*node).columns;
    // Likewise the files that are read.
    std::map<std::string, Readers> readers;
    std::optional<plan::Graph> all;
    for (const definition::Source& source : pipeline().sources) {
      std::vector<size_t> told = told_columns(source);
      bool statistics = !source.table.empty() || source.format.type == definition::FormatType::kParquet;
      if (told.empty() && !statistics) continue;
      if (!all) all = plan::build_graph(source_tables_, in_order(), engine::unsupported);
      readers[source.name] = readers_of(*all, source.name, told);
    }

    Dependencies needed = with_checks();
    if (!options.select.empty()) {
      std::set<std::string> selected = with_what_they_read(pipeline(), needed, options.select);
      std::erase_if(prepared_->steps, [&](const PreparedStep& step) { return !selected.contains(step.step->name); });
    }
    bool force_foreign = options.engine == definition::EngineName::kDuckdb;
    prepared_->graph =
        plan::build_graph(tables_and_sources(), in_order_of_whole_tables(), engine::unsupported, force_foreign);
    prepared_->increments =
        plan::build_graph(sources_that_tell_files(), in_order_of_increments(), engine::unsupported, force_foreign);
    std::set<std::string> read;
    for (PreparedStep& step : prepared_->steps) {
      const plan::Graph& graph = step.increment ? prepared_->increments : prepared_->graph;
      const plan::StepNode* node = graph.find(step.query_name());
      step.selected = options.select.empty() ||
                      std::find(options.select.begin(), options.select.end(), step.step->name) != options.select.end();
      step.native = node->native;
      step.tells_file = step.increment && graph.find(step.step->name)->tells_file;
      step.reason = node->reason;
      const std::vector<std::string>& reads = needed.reads.at(step.step->name);
      read.insert(reads.begin(), reads.end());
    }
    for (const definition::Source& source : pipeline().sources)
      if (read.contains(source.name)) {
        auto table = tables_.find(source.name);
        prepared_->sources.push_back({&source, used[source.name], told_columns(source), readers[source.name],
                                      table == tables_.end() ? nullptr : table->second});
      }
  }

  // Which columns of a source folders tell, or the log of the table that it is.
  std::vector<size_t> told_columns(const definition::Source& source) const {
    if (auto table = tables_.find(source.name); table != tables_.end()) return partition_columns(*table->second);
    std::vector<size_t> told;
    for (size_t i = source.columns.size() - source.partitions; i < source.columns.size(); ++i) told.push_back(i);
    return told;
  }

  struct Bound {
    std::string step;  // that it belongs to
    plan::BoundStep bound;
    bool of_rows;  // it makes the step's rows; else it looks at them
  };

  std::unique_ptr<Prepared> prepared_;
  const definition::PipelineDraft& draft_;
  sql::Binder binder_;
  std::map<std::string, Value> params_;
  std::vector<plan::SourceTable> source_tables_;
  Dependencies dependencies_;
  std::map<std::string, std::vector<Field>> lake_fields_;
  std::map<std::string, std::shared_ptr<const lake::TableState>> tables_;  // that are sources
  std::set<std::string> unknown_sources_;
  std::vector<Bound> bound_;  // each after those that it reads
  std::vector<Error> errors_;
};

}  // namespace

std::unique_ptr<const Prepared> prepare(const definition::Pipeline& pipeline, const PrepareOptions& options) {
  definition::PipelineDraft draft;
  draft.pipeline = pipeline;
  return prepare(draft, options);
}

std::unique_ptr<const Prepared> prepare(const definition::PipelineDraft& draft, const PrepareOptions& options) {
  return Preparation(draft).run(options);
}

definition::Pipeline runnable_pipeline(const definition::Project& project, const std::string& name,
                                       const definition::LoadOptions& options) {
  definition::PipelineDraft draft = definition::read_pipeline(project, name, options);
  if (!draft.mistakes.empty()) {
    PrepareOptions prepare_options;
    prepare_options.find_columns = known_columns(project);
    prepare(draft, prepare_options);
  }
  return std::move(draft.pipeline);
}

Place Prepared::place(const plan::Graph& in, uint64_t position) const {
  auto origin = plan::origin_of(position);
  if (!origin || origin->step >= in.steps.size()) return {};
  return place(in.steps[origin->step].name, origin->offset);
}

Place Prepared::place(const std::string& name, uint64_t position) const {
  constexpr uint64_t kNowhere = sql::BoundQuery::kNoPosition;
  for (const PreparedStep& step : steps) {
    if (step.query_name() == name) {
      uint64_t offset = position == kNowhere ? kNowhere : queries.at(name).user_position(position);
      return offset == kNowhere ? step.step->place : step.step->sql.place(offset, 1);
    }
    for (const PreparedCheck& check : step.checks) {
      if (check.name == name || check.keys_name == name) return check.check->place;
    }
    if (name.starts_with(step.step->name + ": ")) return step.step->place;
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
    if (step.increment)
      text += fmt::format("  {} new files of `{}`",
                          step.step->write.mode == definition::WriteMode::kAppend ? "appends" : "merges",
                          step.increment->source);
    if (!step.native) text += fmt::format(": {}", step.reason);
    text += '\n';
  }
  if (!prepared.increments.steps.empty()) text += "\nOver new files:\n" + plan::explain(prepared.increments);
  return text + '\n' + plan::explain(prepared.graph);
}

}  // namespace segue::runs
