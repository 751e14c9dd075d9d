#include "lake/publication.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "lake/checkpoint.h"
#include "lake/commit.h"
#include "lake/export_rows.h"
#include "lake/file_set.h"
#include "lake/parquet_file.h"
#include "lake/recovery.h"
#include "lake/replaced_files.h"

namespace segue::lake {
namespace {

using Json = nlohmann::ordered_json;

int64_t now_millis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Newest versions of a pipeline's tables by step: a look at names only.
std::map<std::string, int64_t> newest_versions(const Lake& lake, const std::string& pipeline) {
  std::map<std::string, int64_t> versions;
  for (const TableName& name : lake.tables(pipeline)) versions[name.step] = newest_version(lake.store(), name.folder());
  return versions;
}

}  // namespace

struct Publication::State {
  State(Lake& the_lake, std::string the_pipeline, Options the_options)
      : lake(the_lake), store(the_lake.store()), pipeline(std::move(the_pipeline)), options(std::move(the_options)) {}

  Lake& lake;
  storage::Store& store;
  std::string pipeline;
  Options options;
  std::unique_ptr<storage::Lock> lock;
  std::vector<Recovered> recovered;
  std::map<std::string, int64_t> versions;  // of the tables when this began
  std::vector<TableChange> changes;
  std::vector<Snapshot> bases;       // what each change goes on top of
  std::vector<std::string> created;  // data files of this run, relative to the lake
  std::vector<StagedExport> exports;
  Published published;
  bool marked = false;
  bool decided = false;

  int64_t base(const std::string& step) const {
    auto found = versions.find(step);
    return found == versions.end() ? -1 : found->second;
  }

  void mark() {
    Json paths = Json::array();
    for (const StagedExport& file : exports) paths.push_back(file.path);
    store.put(staging_path(pipeline, options.run), Json{{"run", options.run}, {"exports", paths}}.dump());
    marked = true;
  }

  TableChange begin_change(const std::string& step, const std::vector<Field>& fields,
                           const std::vector<std::string>& partition_by = {}) const {
    for (const TableChange& change : changes) SEGUE_ASSERT(change.name.step != step);
    TableChange change;
    change.name = {pipeline, step};
    change.base = base(step);
    change.schema = to_schema(fields);
    change.commit.timestamp = now_millis();
    change.commit.operation = "WRITE";
    change.partition_by = partition_by;
    change.commit.parameters = {{"mode", "Overwrite"}, {"partitionBy", Json(partition_by).dump()}};
    change.commit.engine = options.engine;
    change.commit.id = storage::unique_id();
    change.commit.run = options.run;
    return change;
  }

  TableChange& staged(const std::string& step) {
    auto change = std::ranges::find(changes, step, [](const TableChange& each) { return each.name.step; });
    SEGUE_ASSERT(change != changes.end());
    return *change;
  }

  // Counts those too that no version names: another run may have left one when it was killed.
  int64_t next_batch(const TableName& name) const {
    int64_t newest = 0;
    std::string folder = batch_path(name, 0);
    for (const storage::Listed& file : store.list(folder.substr(0, folder.rfind('/'))))
      newest = std::max<int64_t>(newest, std::strtoll(file.name.c_str(), nullptr, 10));
    return newest + 1;
  }

  std::vector<DataFile> write(const TableChange& change, const Relation& rows, bool tells_file = false) {
    WriteOptions write_options;
    write_options.tells_file = tells_file;
    write_options.threads = options.threads;
    write_options.cancellation = options.cancellation;
    for (const std::string& name : change.partition_by) {
      auto field =
          std::find_if(rows.fields.begin(), rows.fields.end(), [&](const Field& each) { return each.name == name; });
      SEGUE_ASSERT(field != rows.fields.end());
      write_options.partition_by.push_back(static_cast<size_t>(field - rows.fields.begin()));
    }
    auto name = [&](size_t number) { return data_file_name(number, options.run); };
    return write_parquet(store, change.name.folder(), rows, write_options, name,
                         [&](const std::string& path) { created.push_back(path); });
  }

  void keep_record(const TableChange& change, const std::string& record) {
    std::string path = batch_path(change.name, change.batch);
    store.put(path, record);
    created.push_back(path);
  }

  // Refuses tables that must not be changed before anything is written.
  Snapshot read_base(const TableChange& change) const {
    Snapshot snapshot = read_log(store, change.name.folder(), change.base);
    make_entry(change, snapshot, store.address(change.name.folder()));
    return snapshot;
  }

  void refuse_conflicts() const {
    for (const TableChange& change : changes) {
      int64_t newest = newest_version(store, change.name.folder());
      if (newest == change.base) continue;
      std::string path = entry_path(change.name.folder(), newest);
      Entry entry = parse_entry(store.read(path).value_or(""), store.address(path));
      std::string by = entry.commit && !entry.commit->engine.empty() ? entry.commit->engine : "another program";
      fail(ErrorCode::kConflict,
           fmt::format("{} was changed by {} while this run was at work: it is at version {}, and was at {}",
                       change.name.full(), by, newest, change.base),
           "nothing of this run was published; run again");
    }
  }

  std::string print_decision(const std::vector<Entry>& entries) const {
    Json tables = Json::array();
    for (size_t i = 0; i < changes.size(); ++i) {
      const TableChange& change = changes[i];
      tables.push_back({{"step", change.name.step},
                        {"base", change.base},
                        {"schema", change.schema},
                        {"description", change.description},
                        {"partition_by", change.partition_by},
                        {"parts", change.parts ? Json(*change.parts) : Json(nullptr)},
                        {"files", change.files ? Json(*change.files) : Json(nullptr)},
                        {"batch", change.batch},
                        {"only_newest", change.only_newest},
                        {"entry", print_entry(entries[i])}});
    }
    Json files = Json::array();
    for (const StagedExport& file : exports) files.push_back({{"temporary", file.temporary}, {"path", file.path}});
    return Json{{"run", options.run}, {"engine", options.engine}, {"tables", tables}, {"exports", files}}.dump();
  }

  void refuse_exports() const {
    for (const StagedExport& file : exports) refuse_export(file.path);
  }

  static void refuse_export(const std::string& path) {
    std::optional<std::string> reason = storage::why_not_replaceable(path);
    if (reason) fail(ErrorCode::kIo, fmt::format("cannot write the export {}: {}", path, *reason), "name another file");
  }

  // Sets `decided` as soon as the decision is there to be found by the next begin, and throws if it is not.
  void decide(storage::PendingFile& decision, const std::string& content) {
    std::exception_ptr failure;
    try {
      decided = decision.commit();
    } catch (const Failure&) {
      failure = std::current_exception();
    }
    if (decided) return;
    // The answer may have been lost on its way, so what is on the disk counts.
    try {
      decided = store.read(decision.path()) == content;
    } catch (const Failure& unread) {
      decided = true;  // perhaps; so nothing is removed, and the next begin sees
      Error error = unread.error();
      error.message = fmt::format("it cannot be told whether the publish was decided: {}", error.message);
      error.hint = "the next run of this pipeline completes or clears it first";
      throw Failure(std::move(error));
    }
    if (decided) return;
    if (failure) std::rethrow_exception(failure);
    fail(ErrorCode::kInternal, fmt::format("run {} exists already", options.run));
  }

  // What follows the decision, up to the record of it.
  void carry_out(const std::vector<std::unique_ptr<storage::PendingFile>>& pending, const std::vector<Entry>& entries,
                 const std::function<void(const Published&)>& record) {
    store.sync({decision_path(pipeline, options.run)});
    std::vector<std::string> committed;
    for (size_t i = 0; i < changes.size(); ++i) {
      const TableChange& change = changes[i];
      published.tables.push_back(pending[i]->commit() ? lake::describe(change, bases[i], entries[i])
                                                      : commit_change(store, change));
      committed.push_back(entry_path(change.name.folder(), published.tables.back().version));
    }
    // The decision may be forgotten when all that it says is on the disk.
    store.sync(committed);
    published.missing_exports = place_exports(store, exports);
    if (record) record(published);
  }

  // Whether all is done that the decision says; else the next begin sees to it.
  bool remove_replaced_files() noexcept {
    try {
      for (const TableChange& change : changes)
        if (change.only_newest) remove_replaced(store, change.name);
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  void forget_decision() noexcept {
    remove_temporaries(store, published.missing_exports, options.run);
    try {
      // In this order: a marker without a decision would say that the run's files are nobody's.
      store.remove(staging_path(pipeline, options.run));
      store.remove(decision_path(pipeline, options.run));
    } catch (const std::exception&) {
      // All is published; the next begin finds nothing left to do, and removes them.
    }
  }

  void clear() noexcept {
    try {
      for (const StagedExport& file : exports) store.remove_outside(file.temporary);
      for (const std::string& path : created) store.remove(path);
      if (marked) store.remove(staging_path(pipeline, options.run));
    } catch (const std::exception&) {
      // What stays is invisible, and the marker lets the next run remove it.
    }
  }
};

Publication::Publication(Lake& lake, std::string pipeline, Options options)
    : state_(std::make_unique<State>(lake, std::move(pipeline), std::move(options))) {
  state_->lock = lock_pipeline(state_->store, state_->pipeline, "run " + state_->options.run);
  state_->recovered =
      recover_pipeline(state_->store, state_->pipeline, *state_->lock, state_->options.record_recovered);
  state_->versions = newest_versions(lake, state_->pipeline);
  state_->mark();
}

Publication::~Publication() {
  if (state_ && !state_->decided) state_->clear();
}

const std::vector<Recovered>& Publication::recovered() const { return state_->recovered; }

void Publication::stage(const std::string& step, const Relation& rows, const std::vector<std::string>& partition_by,
                        const std::optional<std::string>& record) {
  TableChange change = state_->begin_change(step, rows.fields, partition_by);
  if (record) change.batch = state_->next_batch(change.name);
  Snapshot base = state_->read_base(change);
  change.adds = state_->write(change, rows);
  if (record) state_->keep_record(change, *record);
  state_->changes.push_back(std::move(change));
  state_->bases.push_back(std::move(base));
}

void Publication::stage_batch(const std::string& step, const Relation& rows,
                              const std::vector<std::string>& partition_by,
                              const std::optional<std::vector<std::string>>& replaced, const std::string& record,
                              bool tells_file) {
  std::vector<Field> fields = rows.fields;
  if (tells_file) fields.pop_back();
  TableChange change = state_->begin_change(step, fields, partition_by);
  change.files = replaced;
  change.batch = state_->next_batch(change.name);
  if (replaced && replaced->empty()) change.commit.parameters["mode"] = "Append";
  Snapshot base = state_->read_base(change);
  if (rows.rows() != 0) change.adds = state_->write(change, rows, tells_file);
  state_->keep_record(change, record);
  state_->changes.push_back(std::move(change));
  state_->bases.push_back(std::move(base));
}

void Publication::stage_parts(const std::string& step, const std::vector<Field>& fields,
                              const std::map<std::string, Relation>& parts,
                              const std::map<std::string, Relation>& added) {
  TableChange change = state_->begin_change(step, fields);
  change.parts.emplace();
  for (const auto& [owner, rows] : parts) change.parts->push_back(owner);
  Snapshot snapshot = state_->read_base(change);
  for (const std::map<std::string, Relation>* each : {&parts, &added}) {
    for (const auto& [owner, rows] : *each) {
      if (rows.rows() == 0) continue;
      for (DataFile& file : state_->write(change, rows)) {
        file.tags[kPartTag] = owner;
        change.adds.push_back(std::move(file));
      }
    }
  }
  Entry entry = make_entry(change, snapshot, "");
  if (snapshot.version >= 0 && !entry.metadata && entry.adds.empty() && entry.removes.empty()) return;
  state_->changes.push_back(std::move(change));
  state_->bases.push_back(std::move(snapshot));
}

void Publication::describe(const std::string& step, const std::string& description,
                           const std::map<std::string, std::string>& comments) {
  TableChange& change = state_->staged(step);
  change.description = description;
  change.schema = with_comments(change.schema, comments);
}

void Publication::keep_only_newest(const std::string& step) { state_->staged(step).only_newest = true; }

void Publication::keep_statistics(const std::string& step, const std::string& statistics) {
  State& state = *state_;
  const TableChange& change = state.staged(step);
  const Snapshot& base = state.bases[static_cast<size_t>(&change - state.changes.data())];
  Entry entry = make_entry(change, base, state.store.address(change.name.folder()));
  FileSet files(base.files);
  for (const DataFile& file : entry.removes) files.remove(file.path);
  for (const DataFile& file : entry.adds) files.add(file.path);
  if (files.name() == FileSet(base.files).name()) return;  // the version that there is has the same rows
  state.created.push_back(statistics_path(change.name, files));
  state.store.put(state.created.back(), statistics);
}

void Publication::stage_export(const std::string& path, ExportFormat format, const Relation& rows) {
  State::refuse_export(path);
  std::string temporary = storage::temporary_beside(path, state_->options.run);
  state_->exports.push_back({temporary, path});
  state_->mark();
  state_->store.create_outside(temporary, [&](const storage::WritePiece& write) {
    write_rows(format, rows, write, state_->options.cancellation);
  });
}

Published Publication::commit(const std::function<void(const Published&)>& record) {
  State& state = *state_;
  SEGUE_ASSERT(!state.decided);
  std::vector<Entry> entries;
  std::vector<storage::FileContent> contents;
  for (size_t i = 0; i < state.changes.size(); ++i) {
    const TableChange& change = state.changes[i];
    entries.push_back(make_entry(change, state.bases[i], state.store.address(change.name.folder())));
    contents.push_back({entry_path(change.name.folder(), change.base + 1), print_entry(entries.back())});
  }
  contents.push_back({decision_path(state.pipeline, state.options.run), state.print_decision(entries)});
  std::vector<std::unique_ptr<storage::PendingFile>> pending = state.store.prepare(contents);
  std::unique_ptr<storage::PendingFile> decision = std::move(pending.back());
  state.store.sync(state.created);
  state.refuse_conflicts();
  state.refuse_exports();
  if (state.options.cancellation != nullptr) state.options.cancellation->check();
  state.lock->check();
  state.decide(*decision, contents.back().content);
  try {
    state.carry_out(pending, entries, record);
  } catch (const Failure& failure) {
    Error error = failure.error();
    error.message = fmt::format("the publish was decided but could not be completed: {}", error.message);
    error.hint = "the next run of this pipeline completes it first" + (error.hint.empty() ? "" : "; " + error.hint);
    throw Failure(std::move(error));
  }
  // Temporary files first: once the decision is forgotten, nobody would look for them.
  pending.clear();
  decision.reset();
  for (const PublishedTable& table : state.published.tables)
    checkpoint_if_due(state.store, table.name.folder(), table.version);
  if (state.remove_replaced_files()) state.forget_decision();
  return state.published;
}

bool Publication::decided() const { return state_->decided; }
const Published& Publication::published() const { return state_->published; }

}  // namespace segue::lake
