#include "lake/recovery.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/error.h"
#include "base/whole_number.h"
#include "lake/checkpoint.h"
#include "lake/commit.h"
#include "lake/data_files.h"
#include "lake/replaced_files.h"
#include "storage/at_once.h"

namespace segue::lake {
namespace {

using Json = nlohmann::ordered_json;

std::string staging_folder(const std::string& pipeline) { return pipeline + "/_segue/staging"; }
std::string decision_folder(const std::string& pipeline) { return pipeline + "/_segue/publish"; }

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

bool temporary(const std::string& name) { return name.starts_with('.') && name.ends_with(".tmp"); }

// Run ids of the markers in a folder; temporary files of a marker that was never finished are removed.
std::set<std::string> runs_in(storage::Store& store, const std::string& folder) {
  std::set<std::string> runs;
  for (const storage::Listed& listed : store.list(folder)) {
    if (temporary(listed.name))
      store.remove(folder + "/" + listed.name);
    else if (listed.name.ends_with(".json"))
      runs.insert(listed.name.substr(0, listed.name.size() - 5));
  }
  return runs;
}

bool has_all(const storage::Store& store, const std::string& folder, const std::vector<DataFile>& files) {
  DataFiles present(store, folder);
  return std::all_of(files.begin(), files.end(), [&](const DataFile& file) { return present.has(file.path); });
}

TableChange read_change(const Json& table, const std::string& pipeline, const std::string& file) {
  TableChange change;
  change.name = {pipeline, table.at("step").get<std::string>()};
  change.base = whole_number<int64_t>(table.at("base"));
  change.schema = table.at("schema").get<std::string>();
  // Programs before this one wrote no partitions.
  if (table.contains("partition_by")) change.partition_by = table.at("partition_by").get<std::vector<std::string>>();
  if (!table.at("parts").is_null()) change.parts = table.at("parts").get<std::vector<std::string>>();
  if (table.contains("files") && !table.at("files").is_null())
    change.files = table.at("files").get<std::vector<std::string>>();
  if (table.contains("batch")) change.batch = whole_number<int64_t>(table.at("batch"));
  change.description = table.value("description", "");
  change.only_newest = table.value("only_newest", false);
  Entry entry = parse_entry(table.at("entry").get<std::string>(), file);
  SEGUE_ASSERT(entry.commit.has_value());
  change.commit = *entry.commit;
  change.adds = std::move(entry.adds);
  return change;
}

// Carries out a decision. What stands in the way of one table or export does not stop the others.
Recovered complete(storage::Store& store, const std::string& pipeline, const std::string& run) {
  Recovered recovered{run, true, {}, {}, {}};
  std::string path = decision_path(pipeline, run);
  std::string file = store.address(path);
  try {
    Json decision = Json::parse(store.read(path).value_or(""));
    for (const Json& table : decision.at("tables")) {
      TableChange change = read_change(table, pipeline, file);
      bool possible = has_all(store, change.name.folder(), change.adds);
      try {
        if (possible) {
          recovered.tables.push_back(commit_change(store, change));
          store.sync({entry_path(change.name.folder(), recovered.tables.back().version)});
          checkpoint_if_due(store, change.name.folder(), recovered.tables.back().version);
          if (change.only_newest) remove_replaced(store, change.name);
        }
      } catch (const Failure& failure) {
        if (failure.error().code != ErrorCode::kConflict) throw;
        possible = false;
      }
      if (!possible) recovered.skipped.push_back(change.name);
    }
    std::vector<StagedExport> exports;
    for (const Json& written : decision.at("exports"))
      exports.push_back({written.at("temporary").get<std::string>(), written.at("path").get<std::string>()});
    recovered.missing_exports = place_exports(store, exports);
  } catch (const nlohmann::json::exception& error) {
    Error damage;
    damage.code = ErrorCode::kIo;
    damage.message = fmt::format("the record of an unfinished publish is damaged: {}", error.what());
    damage.place.file = file;
    damage.hint = "remove the file to leave the tables as they are now";
    throw Failure(std::move(damage));
  }
  return recovered;
}

// Those of the table's files that are of a run and of no version, whatever the markers say. `files`: paths in the
// table's folder.
std::vector<std::string> uncommitted(const storage::Store& store, const std::string& table_folder,
                                     std::vector<std::string> files) {
  std::vector<std::string> log;
  for (const storage::Listed& listed : store.list(table_folder + "/_delta_log"))
    if (listed.name.ends_with(".json")) log.push_back(table_folder + "/_delta_log/" + listed.name);
  for (const std::optional<std::string>& text : store.read_all(log)) {
    if (text)
      std::erase_if(files, [&](const std::string& path) {
        return text->find(path.substr(path.rfind('/') + 1)) != std::string::npos;
      });
  }
  return files;
}

void clear_files(storage::Store& store, const std::string& pipeline, const std::string& run) {
  for (const storage::Listed& table : store.list(pipeline)) {
    if (!table.folder || table.name.starts_with('_')) continue;
    std::string folder = pipeline + "/" + table.name;
    remove_replaced(store, {pipeline, table.name});  // it may have been about to
    std::vector<std::string> of_run;
    DataFiles there(store, folder);
    for (const auto& [path, file] : there.files()) {
      std::string file_name = path.substr(path.rfind('/') + 1);
      if (file_name.starts_with("part-") && file_name.find("-" + run + "-") != std::string::npos)
        of_run.push_back(path);
    }
    if (of_run.empty()) continue;
    for (const std::string& path : uncommitted(store, folder, std::move(of_run))) store.remove(folder + "/" + path);
  }
}

void clear_exports(storage::Store& store, const std::string& pipeline, const std::string& run) {
  try {
    Json marker = Json::parse(store.read(staging_path(pipeline, run)).value_or(""));
    std::vector<MissingExport> staged;
    for (const Json& path : marker.at("exports")) staged.push_back({path.get<std::string>(), {}});
    remove_temporaries(store, staged, run);
  } catch (const nlohmann::json::exception&) {
    // A marker that says nothing about exports: none had begun.
  }
}

void clear_temporary_entries(storage::Store& store, const std::string& pipeline) {
  for (const storage::Listed& table : store.list(pipeline)) {
    if (!table.folder || table.name.starts_with('_')) continue;
    std::string log = pipeline + "/" + table.name + "/_delta_log";
    for (const storage::Listed& file : store.list(log))
      if (temporary(file.name)) store.remove(log + "/" + file.name);
  }
}

}  // namespace

std::string lock_path(const std::string& pipeline) { return pipeline + "/_segue/lock"; }
std::string staging_path(const std::string& pipeline, const std::string& run) {
  return staging_folder(pipeline) + "/" + run + ".json";
}
std::string decision_path(const std::string& pipeline, const std::string& run) {
  return decision_folder(pipeline) + "/" + run + ".json";
}

std::string batch_path(const TableName& name, int64_t batch) {
  return fmt::format("{}/_segue/batches/{:020}.json", name.folder(), batch);
}

std::unique_ptr<storage::Lock> lock_pipeline(storage::Store& store, const std::string& pipeline,
                                             const std::string& by) {
  constexpr auto kPatience = std::chrono::milliseconds(1000);
  constexpr auto kPause = std::chrono::milliseconds(50);
  std::string owner = Json{{"by", by}, {"process", getpid()}, {"host", host_name()}}.dump();
  auto until = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    if (auto lock = store.try_lock(lock_path(pipeline), owner)) return lock;
    if (std::chrono::steady_clock::now() >= until) break;
    std::this_thread::sleep_for(kPause);
  }
  std::string other = "another process";
  try {
    Json holder = Json::parse(store.lock_owner(lock_path(pipeline)));
    other = fmt::format("{} (process {} on {})", holder.at("by").get<std::string>(),
                        holder.at("process").get<int64_t>(), holder.at("host").get<std::string>());
  } catch (const nlohmann::json::exception&) {
    // The holder has just begun and not yet written who it is.
  }
  fail(ErrorCode::kConflict, fmt::format("pipeline {} is at work already: {}", pipeline, other),
       "wait until it ends, or stop it, then try again");
}

std::string data_file_name(size_t number, const std::string& run) {
  return fmt::format("part-{:05}-{}-{}.zstd.parquet", number, run, storage::unique_id().substr(0, 8));
}

std::vector<MissingExport> place_exports(storage::Store& store, const std::vector<StagedExport>& exports) {
  std::vector<MissingExport> missing;
  for (const StagedExport& file : exports) {
    std::error_code error;
    if (!std::filesystem::exists(file.temporary, error) && !error) continue;
    try {
      store.rename_outside(file.temporary, file.path);
    } catch (const Failure& failure) {
      missing.push_back({file.path, failure.error()});
    }
  }
  return missing;
}

void remove_temporaries(storage::Store& store, const std::vector<MissingExport>& missing,
                        const std::string& run) noexcept {
  for (const MissingExport& file : missing) {
    try {
      store.remove_outside(storage::temporary_beside(file.path, run));
    } catch (const std::exception&) {
      // Its folder is not ours any more; whoever looks there sees by the name what it is.
    }
  }
}

std::vector<Recovered> recover_pipeline(storage::Store& store, const std::string& pipeline, const storage::Lock& lock,
                                        const RecordRecovered& record) {
  std::set<std::string> decided = runs_in(store, decision_folder(pipeline));
  std::set<std::string> staged = runs_in(store, staging_folder(pipeline));
  std::vector<Recovered> recovered;
  if (!decided.empty() || !staged.empty()) clear_temporary_entries(store, pipeline);
  for (const std::string& run : decided) {
    recovered.push_back(complete(store, pipeline, run));
    if (record) record(recovered.back());
    remove_temporaries(store, recovered.back().missing_exports, run);
    // In this order: a marker without a decision would say that the run's files are nobody's.
    store.remove(staging_path(pipeline, run));
    store.remove(decision_path(pipeline, run));
    staged.erase(run);
  }
  for (const std::string& run : staged) {
    if (lock.others_ended()) clear_files(store, pipeline, run);
    clear_exports(store, pipeline, run);
    recovered.push_back({run, false, {}, {}, {}});
    if (record) record(recovered.back());
    store.remove(staging_path(pipeline, run));
  }
  return recovered;
}

std::vector<Recovered> recover(Lake& lake, const RecordRecovered& record) {
  std::vector<Recovered> all;
  storage::Store& store = lake.store();
  std::vector<std::string> pipelines;
  for (const storage::Listed& folder : store.list(""))
    if (folder.folder && !folder.name.starts_with('.')) pipelines.push_back(folder.name);
  std::vector<char> left(pipelines.size());
  storage::each_at_once(pipelines.size(), store.calls_at_once(), [&](size_t i) {
    left[i] = !store.list(staging_folder(pipelines[i])).empty() || !store.list(decision_folder(pipelines[i])).empty();
  });
  for (size_t i = 0; i < pipelines.size(); ++i) {
    if (left[i] == 0) continue;
    std::unique_ptr<storage::Lock> lock = store.try_lock(lock_path(pipelines[i]), "{}");
    if (!lock) continue;
    for (Recovered& run : recover_pipeline(store, pipelines[i], *lock, record)) all.push_back(std::move(run));
  }
  return all;
}

}  // namespace segue::lake
