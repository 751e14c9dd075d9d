#include "runs/run.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <thread>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/memory.h"
#include "lake/lake.h"
#include "runs/audit.h"
#include "runs/execution.h"
#include "runs/fetch.h"
#include "runs/lake_tables.h"
#include "runs/process.h"
#include "runs/run_store.h"
#include "runs/schema_changes.h"
#include "runs/staging.h"
#include "runs/to_do.h"

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
    execution.run(to_do_.batches, to_do_.unchanged());
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
    result_.exports =
        stage_tables(prepared_, lake_, to_do_, execution, {result_.id, result_.threads}, publication, cancellation_);
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
    ToDoOptions options;
    options.run = result_.id;
    options.began = result_.started_at;
    options.version = options_.version;
    options.duckdb = options_.settings.engine == definition::EngineName::kDuckdb;
    options.anew = options_.full || options_.replay;
    options.forget_missing = options_.full;
    options.threads = result_.threads;
    to_do_ = runs::find_work(prepared_, lake_, options, cancellation_);
  }

  void describe_steps(const Execution& execution) {
    for (const PreparedStep& step : prepared_.steps) {
      StepResult described;
      described.name = step.step->name;
      described.view = step.step->view;
      described.engine = step.native ? "native" : "duckdb";
      described.reason = step.reason;
      if (const Batch* batch = to_do_.batch_of(step)) {
        described.rows = execution.rows_to_be(*batch);
        auto update = execution.updates.find(step.step->name);
        described.files =
            batch->summary(update == execution.updates.end() ? std::nullopt : std::optional(update->second.gone_rows));
        described.computed = !batch->up_to_date();
      } else if (const Renewal* renewal = to_do_.renewal_of(step)) {
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
  ToDo to_do_;
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
