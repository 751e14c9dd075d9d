#include "runs/run.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <set>
#include <thread>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/memory.h"
#include "lake/lake.h"
#include "runs/audit.h"
#include "runs/batches.h"
#include "runs/execution.h"
#include "runs/fetch.h"
#include "runs/inputs.h"
#include "runs/lake_tables.h"
#include "runs/process.h"
#include "runs/quarantine.h"
#include "runs/run_store.h"
#include "runs/schema_changes.h"
#include "runs/table_statistics.h"

namespace segue::runs {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

int64_t now_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string make_id(int64_t micros) {
  std::time_t seconds = micros / 1'000'000;
  return fmt::format("{:%Y%m%d-%H%M%S}-{}", fmt::gmtime(seconds), storage::unique_id().substr(0, 6));
}

size_t thread_count(const definition::Settings& settings) {
  size_t threads = settings.threads.value_or(std::thread::hardware_concurrency());
  return std::clamp<size_t>(threads, 1, limits::kThreads);
}

lake::ExportFormat export_format(definition::ExportFormat format) {
  switch (format) {
    case definition::ExportFormat::kTsv: return lake::ExportFormat::kTsv;
    case definition::ExportFormat::kCsv: return lake::ExportFormat::kCsv;
    case definition::ExportFormat::kJson: return lake::ExportFormat::kJson;
  }
  fail(ErrorCode::kInternal, "no such export format");
}

// The folder for what does not fit into memory; gone when the run is.
class SpillFolder {
 public:
  SpillFolder(const std::filesystem::path& project, const std::string& run)
      : path_(project / ".segue" / "spill" / run) {}
  ~SpillFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  SpillFolder(const SpillFolder&) = delete;
  SpillFolder& operator=(const SpillFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

  // Removes what runs left that are not running any more.
  static void clear(const std::filesystem::path& project, const RunStore& store) {
    std::error_code error;
    for (const auto& folder : std::filesystem::directory_iterator(project / ".segue" / "spill", error)) {
      std::optional<RunResult> run = store.find(folder.path().filename().string());
      if (!run || run->state != RunState::kRunning) std::filesystem::remove_all(folder.path(), error);
    }
  }

 private:
  std::filesystem::path path_;
};

// What a run may use of the machine's memory, in bytes.
size_t memory_of(const definition::Settings& settings) {
  constexpr double kShare = 0.6;  // of all, if nothing else is said
  return settings.memory.value_or(static_cast<size_t>(kShare * static_cast<double>(memory::machine_bytes())));
}

// While it lives, the process's blocks stay below what the run may use, and go to files past it.
class MemoryLimit {
 public:
  MemoryLimit(size_t bytes, const std::filesystem::path& spill_folder) {
    memory::set_limit({bytes, spill_folder.string()});
  }
  ~MemoryLimit() { memory::set_limit({}); }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;
};

// One run from its record's begin to its publish; what it does, in order, is in work().
class Work {
 public:
  Work(const definition::Project& project, const Prepared& prepared, const RunOptions& options,
       const Cancellation& cancellation, RunObserver& observer, RunStore& store, RunResult& result)
      : prepared_(prepared),
        options_(options),
        cancellation_(cancellation),
        observer_(observer),
        store_(store),
        result_(result),
        lake_(options.settings.lake.string(), &cancellation),
        spill_(project.folder, result.id) {}

  void work() {
    bool both = std::any_of(prepared_.steps.begin(), prepared_.steps.end(), [](const PreparedStep& step) {
      return !step.native || step.step->write.mode == definition::WriteMode::kMerge;
    });
    MemoryLimit limit(memory_of(options_.settings) / (both ? 2 : 1), spill_.path());  // DuckDB has the other half
    observer_.begins(result_, prepared_, progress_);
    lake::Publication::Options publication_options;
    publication_options.run = result_.id;
    publication_options.engine = fmt::format("Segue/{}", options_.version);
    publication_options.cancellation = &cancellation_;
    publication_options.threads = result_.threads;
    publication_options.record_recovered = [this](const lake::Recovered& run) { store_.recovered(run); };
    lake::Publication publication(lake_, prepared_.pipeline.name, publication_options);
    for (const lake::Recovered& run : publication.recovered()) observer_.recovered(run);

    fetch();
    auto begin = Clock::now();
    progress_.stage = "looking for what has changed";
    find_work();
    ExecutionOptions execution_options;
    execution_options.threads = result_.threads;
    execution_options.duckdb_memory = memory_of(options_.settings) / 2;
    execution_options.spill_folder = spill_.path();
    if (options_.profile) execution_options.operators = &result_.operators;
    Execution execution(prepared_, lake_, execution_options, cancellation_, progress_);
    progress_.stage = "reading and computing";
    execution.run(batches_, unchanged_steps());
    result_.rows_read = progress_.rows_read;
    result_.bytes_read = progress_.bytes_read;
    result_.compute_seconds = seconds_since(begin);
    result_.spilled_bytes = memory::spilled_peak();
    describe_steps(execution);

    begin = Clock::now();
    if (!checks_hold(execution)) {
      result_.state = RunState::kChecksFailed;
      return;
    }
    progress_.stage = "writing tables";
    stage(execution, publication);
    progress_.stage = "publishing";
    publish(publication, begin);
  }

  // After work() threw: whether the publish was decided, so that it is not undone.
  bool decided() const { return decided_; }
  // Whether the record of the run is finished already.
  bool recorded() const { return recorded_; }

 private:
  // Files of the web that are read. What they have is no part of what the run reads.
  void fetch() {
    progress_.stage = "fetching";
    for (const PreparedSource& source : prepared_.sources)
      if (!source.source->url.empty()) fetch_source(*source.source, cancellation_, &progress_);
    progress_.bytes_total = 0;
    progress_.bytes_read = 0;
  }

  void find_work() {
    bool anew = options_.full || options_.replay;
    refuse_schema_changes(prepared_, lake_);  // once more: now nobody else publishes
    SourceFiles files(result_.threads, cancellation_);
    batches_ = plan_batches(prepared_, lake_, {result_.id, anew, options_.full}, files);
    bool duckdb = options_.settings.engine == definition::EngineName::kDuckdb;
    renewals_ = plan_renewals(prepared_, lake_, batches_,
                              {result_.id, result_.started_at, options_.version, duckdb, anew}, files);
  }

  std::set<std::string> unchanged_steps() const {
    std::set<std::string> names;
    for (const Renewal& renewal : renewals_)
      if (renewal.unchanged()) names.insert(renewal.step->step->name);
    return names;
  }

  void describe_steps(const Execution& execution) {
    for (const PreparedStep& step : prepared_.steps) {
      StepResult described;
      described.name = step.step->name;
      described.view = step.step->view;
      described.engine = step.native ? "native" : "duckdb";
      described.reason = step.reason;
      if (const Batch* batch = batch_of(step)) {
        described.rows = rows_to_be(*batch, execution);
        auto update = execution.updates.find(step.step->name);
        described.files =
            batch->summary(update == execution.updates.end() ? std::nullopt : std::optional(update->second.gone_rows));
        described.computed = !batch->up_to_date();
      } else if (const Renewal* renewal = renewal_of(step)) {
        described.computed = !renewal->unchanged();
        described.why = renewal->why;
        described.rows =
            renewal->unchanged() ? renewal->table->rows.value_or(0) : execution.results.at(step.step->name).rows();
      }
      if (!step.held_name.empty() && described.computed)
        described.held_rows = execution.results.at(step.held_name).rows();
      if (auto seconds = execution.foreign_seconds.find(step.query_name()); seconds != execution.foreign_seconds.end())
        described.seconds = seconds->second;
      result_.steps.push_back(std::move(described));
    }
    for (const PreparedSource& source : prepared_.sources) {
      auto bad = execution.bad_rows.find(source.source->name);
      result_.sources.push_back({source.source->name, bad == execution.bad_rows.end() ? 0 : bad->second.size()});
    }
  }

  // Null if the step replaces its table, or makes none.
  const Batch* batch_of(const PreparedStep& step) const {
    auto batch = std::ranges::find(batches_, &step, &Batch::step);
    return batch == batches_.end() ? nullptr : &*batch;
  }
  // Null if it does not.
  const Renewal* renewal_of(const PreparedStep& step) const {
    auto renewal = std::ranges::find(renewals_, &step, &Renewal::step);
    return renewal == renewals_.end() ? nullptr : &*renewal;
  }

  static uint64_t rows_to_be(const Batch& batch, const Execution& execution) {
    auto update = execution.updates.find(batch.step->step->name);
    uint64_t rows = update == execution.updates.end() ? 0 : update->second.rows.rows();
    if (!batch.table || batch.rebuild()) return rows;
    for (const lake::DataFile& file : batch.table->files) {
      bool replaced = update != execution.updates.end() &&
                      std::ranges::find(*update->second.replaced, file.path) != update->second.replaced->end();
      if (!replaced) rows += file.rows.value_or(0);
    }
    return rows;
  }

  bool checks_hold(Execution& execution) {
    bool any = std::any_of(prepared_.steps.begin(), prepared_.steps.end(),
                           [](const PreparedStep& step) { return !step.checks.empty(); });
    if (!any) return true;
    progress_.stage = "checking";
    bool hold = true;
    auto last_version = [this](const std::string& step,
                               const std::vector<std::string>& columns) -> std::optional<quality::Contents> {
      std::optional<lake::TableState> table = lake_.find({prepared_.pipeline.name, step});
      if (!table) return std::nullopt;
      return contents_of(*table, columns, result_.threads, cancellation_);
    };
    result_.checks = audit(prepared_, execution.results,
                           {[&]() -> duckdb::Engine& { return execution.duckdb(); }, last_version, cancellation_});
    for (const CheckResult& check : result_.checks) {
      observer_.checked(check);
      hold = hold && !check.failed();
    }
    return hold;
  }

  void stage(Execution& execution, lake::Publication& publication) {
    for (const PreparedStep& step : prepared_.steps) {
      if (step.step->view) continue;
      const Batch* batch = batch_of(step);
      const Renewal* renewal = renewal_of(step);
      if (batch != nullptr ? batch->up_to_date() : renewal->unchanged()) continue;
      Relation replacing;
      if (batch == nullptr) replacing = std::move(execution.results.at(step.step->name));
      with_place(step, [&] {
        if (batch != nullptr) {
          const TableUpdate& update = execution.updates.at(step.step->name);
          publication.stage_batch(step.step->name, update.rows, step.partition_by, update.replaced,
                                  print_record(batch->record), update.tells_file);
        } else {
          publication.stage(step.step->name, replacing, step.partition_by, record_of(*renewal, replacing));
        }
      });
      keep_statistics(step, batch, replacing, execution, publication);
      if (step.step->export_to) {
        const Relation& rows = batch == nullptr ? replacing : execution.whole_table(*batch);
        std::string path = step.step->export_to->path.string();
        publication.stage_export(path, export_format(step.step->export_to->format), rows);
        result_.exports.push_back({step.step->name, path, rows.rows()});
      }
    }
    stage_quarantine(execution, publication);
  }

  // `replacing`: the table's rows, if there is no batch.
  void keep_statistics(const PreparedStep& step, const Batch* batch, const Relation& replacing,
                       const Execution& execution, lake::Publication& publication) const {
    uint64_t rows = batch != nullptr ? rows_to_be(*batch, execution) : replacing.rows();
    bool full = step.step->statistics ? *step.step->statistics == definition::Statistics::kFull
                                      : rows < definition::kFullStatisticsRows;
    if (!full) return;  // the log tells the rest
    quality::TableStatistics statistics;
    if (batch != nullptr) {
      statistics =
          statistics_to_be(lake_, *batch, execution.updates.at(step.step->name), result_.threads, cancellation_);
    } else {
      Workers workers(result_.threads, cancellation_);
      statistics = quality::table_statistics(replacing, workers, false);
    }
    publication.keep_statistics(step.step->name, quality::print(statistics));
  }

  static std::string record_of(const Renewal& renewal, const Relation& rows) {
    InputRecord record = renewal.record;
    record.rows = rows.rows();
    return print_record(record);
  }

  // Files of a source whose earlier rows go.
  std::set<std::string> changed_files(const std::string& source) const {
    std::set<std::string> paths;
    for (const Batch& batch : batches_)
      if (batch.step->increment->source == source) paths.insert(batch.changed.begin(), batch.changed.end());
    return paths;
  }

  // The bad rows of a source but for those of these files; nothing if there are none of them to leave out.
  std::optional<Relation> kept_bad_rows(const std::string& source, const std::set<std::string>& changed) const {
    if (changed.empty()) return std::nullopt;
    std::optional<lake::TableState> quarantine = lake_.find({prepared_.pipeline.name, kQuarantineTable});
    if (!quarantine) return std::nullopt;
    return bad_rows_of_other_files(*quarantine, source, changed, result_.threads, cancellation_);
  }

  // What is held back replaces what was held back of the same sources and steps, so that rows which are mended, or that
  // a definition does not hold back any more, leave the quarantine. Where only new files were read, it is added.
  void stage_quarantine(const Execution& execution, lake::Publication& publication) {
    std::map<std::string, Relation> replaced, added;
    bool quarantines = lake_.find({prepared_.pipeline.name, kQuarantineTable}).has_value();
    for (const PreparedSource& source : prepared_.sources) {
      quarantines = quarantines || source.source->bad_rows.quarantine;
      const std::string& name = source.source->name;
      bool whole = execution.read_whole.contains(name);
      std::set<std::string> changed = whole ? std::set<std::string>() : changed_files(name);
      auto bad = execution.bad_rows.find(name);
      if (bad != execution.bad_rows.end())
        (whole ? replaced : added)[name] = bad_rows_relation(bad->second, result_.id);
      if (std::optional<Relation> kept = kept_bad_rows(name, changed)) {
        if (Relation& rows = replaced[name] = std::move(*kept); added.contains(name))
          std::ranges::move(added[name].batches, std::back_inserter(rows.batches));
        added.erase(name);
      }
    }
    for (const PreparedStep& step : prepared_.steps) {
      quarantines = quarantines || !step.held_name.empty();
      const Batch* batch = batch_of(step);
      const Renewal* renewal = renewal_of(step);
      if (renewal != nullptr && renewal->unchanged()) continue;
      bool adds = batch != nullptr && !batch->rebuild();
      (adds ? added : replaced)[step.step->name] =
          step.held_name.empty()
              ? bad_rows_relation({}, result_.id)
              : held_rows_relation(step.step->name, execution.results.at(step.held_name), result_.id);
    }
    if (quarantines) publication.stage_parts(kQuarantineTable, quarantine_fields(), replaced, added);
  }

  // What partitions cannot hold is pointed at where they are asked for.
  template <class Write>
  static void with_place(const PreparedStep& step, const Write& write) {
    try {
      write();
    } catch (const Failure& failure) {
      Error error = failure.error();
      bool of_partitions = error.code == ErrorCode::kData || error.code == ErrorCode::kLimit;
      if (!of_partitions || error.place.known() || step.partition_by.empty()) throw;
      error.message = fmt::format("step `{}`: {}", step.step->name, error.message);
      error.place = step.step->partition_places.front();
      throw Failure(std::move(error));
    }
  }

  void publish(lake::Publication& publication, Clock::time_point begin) {
    auto record = [&](const lake::Published& published) {
      describe_published(published);
      result_.publish_seconds = seconds_since(begin);
      result_.ended_at = now_micros();
      result_.state = published.missing_exports.empty() ? RunState::kSucceeded : RunState::kPublishedInPart;
      store_.finish(result_);
      recorded_ = true;
    };
    try {
      publication.commit(record);
    } catch (...) {
      decided_ = publication.decided();
      describe_published(publication.published());
      throw;
    }
    for (const TableResult& table : result_.tables) observer_.published(table);
  }

  void describe_published(const lake::Published& published) {
    result_.tables.clear();
    for (const lake::PublishedTable& table : published.tables)
      result_.tables.push_back({table.name.full(), table.version, table.rows, table.bytes, table.files});
    result_.errors.clear();
    for (const lake::MissingExport& missing : published.missing_exports) {
      std::erase_if(result_.exports, [&](const ExportResult& made) { return made.path == missing.path; });
      result_.errors.push_back(export_error(missing));
    }
  }

  const Prepared& prepared_;
  const RunOptions& options_;
  const Cancellation& cancellation_;
  RunObserver& observer_;
  RunStore& store_;
  RunResult& result_;
  lake::Lake lake_;
  SpillFolder spill_;
  Progress progress_;
  std::vector<Batch> batches_;     // of the steps that append or merge
  std::vector<Renewal> renewals_;  // of those that replace their tables
  bool decided_ = false;
  bool recorded_ = false;
};

RunResult begin_result(const definition::Pipeline& pipeline, const RunOptions& options) {
  RunResult result;
  result.started_at = now_micros();
  result.id = make_id(result.started_at);
  result.pipeline = pipeline.name;
  result.version = options.version;
  result.host = host_name();
  result.process = getpid();
  result.engine = options.settings.engine == definition::EngineName::kDuckdb ? "duckdb" : "native";
  result.threads = thread_count(options.settings);
  for (const definition::Param& param : pipeline.params) result.params[param.name] = param.text;
  return result;
}

// `decided`: its publish was, so what is in result.tables is published.
void fail_result(RunResult& result, std::vector<Error> errors, bool decided) {
  bool cancelled = !errors.empty() && errors.front().code == ErrorCode::kCancelled;
  result.state = decided ? RunState::kUnfinished : cancelled ? RunState::kInterrupted : RunState::kFailed;
  if (!decided) result.tables.clear();
  result.exports.clear();
  result.errors = std::move(errors);
}

Error plain_error(ErrorCode code, std::string message, std::string hint) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

}  // namespace

RunResult run(const definition::Project& project, const definition::Pipeline& pipeline, const RunOptions& options,
              const Cancellation& cancellation, RunObserver& observer) {
  RunResult result = begin_result(pipeline, options);
  PrepareOptions prepare_options;
  prepare_options.engine = options.settings.engine;
  prepare_options.select = options.select;
  prepare_options.now = result.started_at;
  prepare_options.find_table = [&](const lake::TableName& name, std::optional<int64_t> version) {
    return lake::Lake(options.settings.lake.string(), &cancellation).find(name, version);
  };
  std::unique_ptr<const Prepared> prepared = prepare(pipeline, prepare_options);
  refuse_schema_changes(*prepared, lake::Lake(options.settings.lake.string(), &cancellation));
  RunStore store(project.folder);
  SpillFolder::clear(project.folder, store);
  store.begin(result);
  {
    Work work(project, *prepared, options, cancellation, observer, store, result);
    try {
      work.work();
    } catch (const Failure& failure) {
      fail_result(result, failure.errors(), work.decided());
    } catch (const std::bad_alloc&) {
      fail_result(result,
                  {plain_error(ErrorCode::kLimit, "no memory left", "give the run fewer threads, or more memory")},
                  work.decided());
    } catch (const std::exception& error) {
      fail_result(result,
                  {plain_error(ErrorCode::kInternal, error.what(),
                               "this is a bug of Segue; please report it with the definition that led to it")},
                  work.decided());
    }
    observer.ends();
    if (work.recorded()) return result;
    result.ended_at = now_micros();
    try {
      store.finish(result);
    } catch (const Failure& failure) {
      result.errors.insert(result.errors.end(), failure.errors().begin(), failure.errors().end());
    }
  }
  return result;
}

int exit_code(const RunResult& result) {
  switch (result.state) {
    case RunState::kSucceeded: return 0;
    case RunState::kChecksFailed: return 3;
    case RunState::kInterrupted: return 130;
    default: return 1;
  }
}

}  // namespace segue::runs
