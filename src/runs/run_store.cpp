#include "runs/run_store.h"

#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/error.h"
#include "runs/process.h"
#include "runs/records.h"
#include "runs/sqlite.h"

namespace segue::runs {
namespace {

constexpr int kSchemaVersion = 5;

// What belongs to a run carries its id; `position` keeps the order. Times are µs since 1970 UTC.
constexpr const char* kSchema = R"sql(
  CREATE TABLE runs (
    id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, state TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,
    version TEXT NOT NULL, host TEXT NOT NULL, process INTEGER NOT NULL, birth TEXT NOT NULL, engine TEXT NOT NULL, threads INTEGER NOT NULL,
    rows_read INTEGER NOT NULL, bytes_read INTEGER NOT NULL, compute_seconds REAL NOT NULL, publish_seconds REAL NOT NULL) WITHOUT ROWID;
  CREATE INDEX runs_by_time ON runs (started_at);
  CREATE TABLE params (run TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, name)) WITHOUT ROWID;
  CREATE TABLE sources (run TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, bad_rows INTEGER NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID;
  CREATE TABLE steps (run TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, view INTEGER NOT NULL, engine TEXT NOT NULL, reason TEXT NOT NULL,
    rows INTEGER NOT NULL, seconds REAL, PRIMARY KEY (run, position)) WITHOUT ROWID;
  CREATE TABLE tables (run TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
    files INTEGER NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID;
  CREATE INDEX tables_by_name ON tables (name);
  CREATE TABLE checks (run TEXT NOT NULL, position INTEGER NOT NULL, step TEXT NOT NULL, name TEXT NOT NULL, warn INTEGER NOT NULL, passed INTEGER NOT NULL,
    failing INTEGER NOT NULL, message TEXT NOT NULL, samples TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL, column INTEGER NOT NULL,
    PRIMARY KEY (run, position)) WITHOUT ROWID;
  CREATE TABLE exports (run TEXT NOT NULL, position INTEGER NOT NULL, step TEXT NOT NULL, path TEXT NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID;
  CREATE TABLE errors (run TEXT NOT NULL, position INTEGER NOT NULL, code INTEGER NOT NULL, message TEXT NOT NULL, hint TEXT NOT NULL, file TEXT NOT NULL,
    line INTEGER NOT NULL, column INTEGER NOT NULL, length INTEGER NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID;
)sql";

// What version 2 added.
constexpr const char* kSecondSchema = "ALTER TABLE runs ADD COLUMN spilled_bytes INTEGER NOT NULL DEFAULT 0";

// What version 3 added: every check with its kind, its severity and what it measured. What older versions did not keep
// is NULL or empty.
constexpr const char* kThirdSchema = R"sql(
  ALTER TABLE steps ADD COLUMN held_rows INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE checks ADD COLUMN kind TEXT NOT NULL DEFAULT '';
  ALTER TABLE checks ADD COLUMN severity TEXT NOT NULL DEFAULT 'fail';
  ALTER TABLE checks ADD COLUMN rows INTEGER;
  ALTER TABLE checks ADD COLUMN observed TEXT NOT NULL DEFAULT '';
  UPDATE checks SET kind = substr(name, 1, instr(name, '(') - 1), severity = CASE warn WHEN 0 THEN 'fail' ELSE 'warn' END;
  ALTER TABLE checks DROP COLUMN warn;
  CREATE INDEX checks_by_step ON checks (step, name);
)sql";

// What version 4 added.
constexpr const char* kFourthSchema = "ALTER TABLE steps ADD COLUMN files TEXT NOT NULL DEFAULT ''";

// What version 5 added.
constexpr const char* kFifthSchema = R"sql(
  ALTER TABLE steps ADD COLUMN computed INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE steps ADD COLUMN why TEXT NOT NULL DEFAULT '';
)sql";

constexpr const char* kColumns =
    "id, pipeline, state, started_at, ended_at, version, host, process, engine, threads, rows_read, bytes_read, "
    "compute_seconds, publish_seconds, spilled_bytes";

RunState parse_state(const std::string& text) {
  for (RunState state : {RunState::kRunning, RunState::kSucceeded, RunState::kFailed, RunState::kChecksFailed,
                         RunState::kInterrupted, RunState::kPublishedInPart, RunState::kUnfinished})
    if (text == to_string(state)) return state;
  return RunState::kKilled;
}

definition::Severity parse_severity(const std::string& text) {
  for (definition::Severity severity : {definition::Severity::kWarn, definition::Severity::kQuarantine})
    if (text == definition::to_string(severity)) return severity;
  return definition::Severity::kFail;
}

int64_t now_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

RunResult read_run(Statement& row) {
  RunResult run;
  run.id = row.text();
  run.pipeline = row.text();
  run.state = parse_state(row.text());
  run.started_at = row.number();
  run.ended_at = row.number();
  run.version = row.text();
  run.host = row.text();
  run.process = row.number();
  run.engine = row.text();
  run.threads = static_cast<uint64_t>(row.number());
  run.rows_read = static_cast<uint64_t>(row.number());
  run.bytes_read = static_cast<uint64_t>(row.number());
  run.compute_seconds = row.real();
  run.publish_seconds = row.real();
  run.spilled_bytes = static_cast<uint64_t>(row.number());
  return run;
}

void read_check(Statement& row, RunResult& run) {
  CheckResult check;
  check.step = row.text();
  check.check = row.text();
  check.kind = row.text();
  check.severity = parse_severity(row.text());
  check.passed = row.number() != 0;
  check.failing = static_cast<uint64_t>(row.number());
  check.rows = static_cast<uint64_t>(row.number());
  check.observed = row.text();
  check.message = row.text();
  nlohmann::json samples = nlohmann::json::parse(row.text(), nullptr, false);
  if (samples.is_object()) {
    check.sample_columns = samples["columns"].get<std::vector<std::string>>();
    check.samples = samples["rows"].get<std::vector<std::vector<std::string>>>();
  }
  check.place.file = row.text();
  check.place.line = static_cast<uint64_t>(row.number());
  check.place.column = static_cast<uint64_t>(row.number());
  run.checks.push_back(std::move(check));
}

void read_error(Statement& row, RunResult& run) {
  Error error;
  error.code = static_cast<ErrorCode>(row.number());
  error.message = row.text();
  error.hint = row.text();
  error.place.file = row.text();
  error.place.line = static_cast<uint64_t>(row.number());
  error.place.column = static_cast<uint64_t>(row.number());
  error.place.length = static_cast<uint64_t>(row.number());
  run.errors.push_back(std::move(error));
}

}  // namespace

struct RunStore::Database {
  explicit Database(const std::string& path) : sqlite(path) {
    // FULL: the lake forgets that a run had decided once its record is written, so the record must outlast a loss of
    // power.
    sqlite.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    Transaction transaction(sqlite);
    int64_t version = 0;
    {
      Statement statement(sqlite, "PRAGMA user_version");
      if (statement.step()) version = statement.number();
    }
    if (version > kSchemaVersion)
      fail(ErrorCode::kIo, fmt::format("the record of runs {} was written by a newer Segue", path),
           "use that version, or remove the file to begin a new history");
    if (version == 0) sqlite.execute(kSchema);
    if (version < 2) sqlite.execute(kSecondSchema);
    if (version < 3) sqlite.execute(kThirdSchema);
    if (version < 4) sqlite.execute(kFourthSchema);
    if (version < 5) sqlite.execute(kFifthSchema);
    if (version != kSchemaVersion) sqlite.execute(fmt::format("PRAGMA user_version = {}", kSchemaVersion).c_str());
    mark_dead();
    transaction.commit();
  }

  void mark_dead() {
    std::vector<std::string> dead;
    Statement running(sqlite, "SELECT id, process, birth FROM runs WHERE state = 'running' AND host = ?");
    running.bind(host_name());
    while (running.step()) {
      std::string id = running.text();
      int64_t process = running.number();
      if (process_birth(process) != running.text()) dead.push_back(id);
    }
    for (const std::string& id : dead) {
      Statement update(sqlite, "UPDATE runs SET state = 'killed' WHERE id = ?");
      update.bind(id).run();
    }
  }

  void insert(const RunResult& run) {
    Statement row(sqlite, "INSERT OR REPLACE INTO runs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    row.bind(run.id)
        .bind(run.pipeline)
        .bind(std::string(to_string(run.state)))
        .bind(run.started_at)
        .bind(run.ended_at)
        .bind(run.version)
        .bind(run.host);
    row.bind(run.process)
        .bind(process_birth(run.process))
        .bind(run.engine)
        .bind(run.threads)
        .bind(run.rows_read)
        .bind(run.bytes_read);
    row.bind(run.compute_seconds).bind(run.publish_seconds).bind(run.spilled_bytes).run();
    for (const char* table : {"params", "sources", "steps", "tables", "checks", "exports", "errors"})
      clear(table, run.id);
    Statement param(sqlite, "INSERT INTO params VALUES (?,?,?)");
    for (const auto& [name, value] : run.params) param.bind(run.id).bind(name).bind(value).run();
    int position = 0;
    Statement source(sqlite, "INSERT INTO sources VALUES (?,?,?,?)");
    for (const SourceResult& it : run.sources)
      source.bind(run.id).bind(position++).bind(it.name).bind(it.bad_rows).run();
    Statement step(sqlite, "INSERT INTO steps VALUES (?,?,?,?,?,?,?,?,?,?,?,?)");
    for (const StepResult& it : run.steps)
      step.bind(run.id)
          .bind(position++)
          .bind(it.name)
          .bind(it.view)
          .bind(it.engine)
          .bind(it.reason)
          .bind(it.rows)
          .bind(it.seconds)
          .bind(it.held_rows)
          .bind(it.files)
          .bind(it.computed)
          .bind(it.why)
          .run();
    insert_tables(run.id, run.tables);
    Statement check(sqlite,
                    "INSERT INTO checks (run, position, step, name, kind, severity, passed, failing, rows, observed, "
                    "message, samples, file, line, column) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    for (const CheckResult& it : run.checks) {
      std::string samples = nlohmann::json{{"columns", it.sample_columns}, {"rows", it.samples}}.dump(
          -1, ' ', false, nlohmann::json::error_handler_t::replace);
      check.bind(run.id)
          .bind(position++)
          .bind(it.step)
          .bind(it.check)
          .bind(it.kind)
          .bind(std::string(definition::to_string(it.severity)))
          .bind(it.passed)
          .bind(it.failing)
          .bind(it.rows)
          .bind(it.observed)
          .bind(it.message)
          .bind(samples);
      check.bind(it.place.file).bind(it.place.line).bind(it.place.column).run();
    }
    Statement exported(sqlite, "INSERT INTO exports VALUES (?,?,?,?,?)");
    for (const ExportResult& it : run.exports)
      exported.bind(run.id).bind(position++).bind(it.step).bind(it.path).bind(it.rows).run();
    insert_errors(run.id, run.errors);
  }

  void clear(const char* table, const std::string& run) {
    Statement rows(sqlite, fmt::format("DELETE FROM {} WHERE run = ?", table).c_str());
    rows.bind(run).run();
  }

  void insert_errors(const std::string& run, const std::vector<Error>& errors) {
    int position = 0;
    Statement error(sqlite, "INSERT INTO errors VALUES (?,?,?,?,?,?,?,?,?)");
    for (const Error& it : errors) {
      error.bind(run)
          .bind(position++)
          .bind(static_cast<int>(it.code))
          .bind(it.message)
          .bind(it.hint)
          .bind(it.place.file);
      error.bind(it.place.line).bind(it.place.column).bind(it.place.length).run();
    }
  }

  void insert_tables(const std::string& run, const std::vector<TableResult>& tables) {
    int position = 0;
    Statement table(sqlite, "INSERT OR REPLACE INTO tables VALUES (?,?,?,?,?,?,?)");
    for (const TableResult& it : tables)
      table.bind(run)
          .bind(position++)
          .bind(it.table)
          .bind(it.version)
          .bind(it.rows)
          .bind(it.bytes)
          .bind(it.files)
          .run();
  }

  // Calls read(row) for each row that belongs to the run, in order.
  template <class Read>
  void each(const char* columns, const char* table, const std::string& run, const char* order, Read read) {
    Statement rows(sqlite, fmt::format("SELECT {} FROM {} WHERE run = ? ORDER BY {}", columns, table, order).c_str());
    rows.bind(run);
    while (rows.step()) read(rows);
  }

  void fill(RunResult& run) {
    each("name, value", "params", run.id, "name", [&](Statement& row) {
      std::string name = row.text();
      run.params[name] = row.text();
    });
    each("name, bad_rows", "sources", run.id, "position", [&](Statement& row) {
      std::string name = row.text();
      run.sources.push_back({name, static_cast<uint64_t>(row.number())});
    });
    each("name, view, engine, reason, rows, seconds, held_rows, files, computed, why", "steps", run.id, "position",
         [&](Statement& row) {
           StepResult step;
           step.name = row.text();
           step.view = row.number() != 0;
           step.engine = row.text();
           step.reason = row.text();
           step.rows = static_cast<uint64_t>(row.number());
           step.seconds = row.optional_real();
           step.held_rows = static_cast<uint64_t>(row.number());
           step.files = row.text();
           step.computed = row.number() != 0;
           step.why = row.text();
           run.steps.push_back(std::move(step));
         });
    each("name, version, rows, bytes, files", "tables", run.id, "position", [&](Statement& row) {
      TableResult table;
      table.table = row.text();
      table.version = row.number();
      table.rows = static_cast<uint64_t>(row.number());
      table.bytes = static_cast<uint64_t>(row.number());
      table.files = static_cast<uint64_t>(row.number());
      run.tables.push_back(std::move(table));
    });
    each("step, name, kind, severity, passed, failing, rows, observed, message, samples, file, line, column", "checks",
         run.id, "position", [&](Statement& row) { read_check(row, run); });
    each("step, path, rows", "exports", run.id, "position", [&](Statement& row) {
      ExportResult exported;
      exported.step = row.text();
      exported.path = row.text();
      exported.rows = static_cast<uint64_t>(row.number());
      run.exports.push_back(std::move(exported));
    });
    each("code, message, hint, file, line, column, length", "errors", run.id, "position",
         [&](Statement& row) { read_error(row, run); });
  }

  Sqlite sqlite;
};

Error export_error(const lake::MissingExport& missing) {
  Error error = missing.error;
  error.message = fmt::format("the tables are published, but an export is not: {}", error.message);
  return error;
}

RunStore::RunStore(const std::filesystem::path& project_folder) {
  std::filesystem::path folder = project_folder / ".segue";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail(ErrorCode::kIo, fmt::format("cannot make the folder {}: {}", folder.string(), error.message()));
  database_ = std::make_unique<Database>((folder / "runs.db").string());
}

RunStore::~RunStore() = default;

void RunStore::begin(const RunResult& run) {
  Transaction transaction(database_->sqlite);
  database_->insert(run);
  transaction.commit();
}

void RunStore::finish(const RunResult& run) { begin(run); }

void RunStore::recovered(const lake::Recovered& run) {
  std::optional<RunResult> known = find(run.run);
  if (!known || known->id != run.run || known->state == RunState::kSucceeded ||
      known->state == RunState::kPublishedInPart)
    return;
  RunState state =
      run.skipped.empty() && run.missing_exports.empty() ? RunState::kSucceeded : RunState::kPublishedInPart;
  if (!run.committed) {
    if (known->state != RunState::kUnfinished) return;  // that it was killed is known already
    state = RunState::kFailed;
  }
  Transaction transaction(database_->sqlite);
  Statement update(database_->sqlite, "UPDATE runs SET state = ?, ended_at = ? WHERE id = ?");
  update.bind(std::string(to_string(state))).bind(now_micros()).bind(run.run).run();
  if (run.committed) {
    std::vector<TableResult> tables;
    for (const lake::PublishedTable& table : run.tables)
      tables.push_back({table.name.full(), table.version, table.rows, table.bytes, table.files});
    database_->clear("tables", run.run);
    database_->insert_tables(run.run, tables);
    std::vector<Error> errors;
    for (const lake::TableName& table : run.skipped)
      errors.emplace_back(
          ErrorCode::kConflict,
          fmt::format("{} could not be published: its files were removed, or other programs change it all the time",
                      table.full()));
    for (const lake::MissingExport& missing : run.missing_exports) errors.push_back(export_error(missing));
    database_->clear("errors", run.run);
    database_->insert_errors(run.run, errors);
  }
  transaction.commit();
}

std::vector<RunResult> RunStore::list(size_t limit, const std::string& pipeline) const {
  Statement rows(
      database_->sqlite,
      fmt::format("SELECT {} FROM runs WHERE ?1 = '' OR pipeline = ?1 ORDER BY started_at DESC, id DESC LIMIT ?2",
                  kColumns)
          .c_str());
  rows.bind(pipeline).bind(static_cast<uint64_t>(limit));
  std::vector<RunResult> runs;
  while (rows.step()) runs.push_back(read_run(rows));
  for (RunResult& run : runs) database_->fill(run);
  return runs;
}

std::optional<RunResult> RunStore::find(const std::string& id) const {
  Statement rows(
      database_->sqlite,
      fmt::format("SELECT {} FROM runs WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id = ?1 DESC LIMIT 2", kColumns)
          .c_str());
  rows.bind(id);
  if (id.empty() || !rows.step()) return std::nullopt;
  RunResult run = read_run(rows);
  if (run.id != id && rows.step()) return std::nullopt;
  database_->fill(run);
  return run;
}

std::vector<std::string> RunStore::ids(const std::string& beginning) const {
  Statement rows(database_->sqlite,
                 "SELECT id FROM runs WHERE substr(id, 1, length(?1)) = ?1 ORDER BY started_at DESC, id DESC");
  rows.bind(beginning);
  std::vector<std::string> found;
  while (rows.step()) found.push_back(rows.text());
  return found;
}

std::optional<RunResult> RunStore::last_of_table(const std::string& table) const {
  Statement rows(database_->sqlite, "SELECT run FROM tables WHERE name = ? ORDER BY version DESC LIMIT 1");
  rows.bind(table);
  return rows.step() ? find(rows.text()) : std::nullopt;
}

Relation RunStore::read(const RecordTable& table) const {
  Statement rows(database_->sqlite, table.sql);
  return read_relation(rows, table.fields);
}

}  // namespace segue::runs
