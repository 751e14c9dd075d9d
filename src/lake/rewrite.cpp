#include "lake/rewrite.h"

#include <algorithm>
#include <chrono>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "lake/checkpoint.h"
#include "lake/commit.h"
#include "lake/file_set.h"
#include "lake/parquet_file.h"
#include "lake/recovery.h"
#include "lake/replaced_files.h"

namespace segue::lake {
namespace {

int64_t now_millis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Rewrite::Rewrite(Lake& lake, const TableName& name, const MaintenanceOptions& options)
    : lake_(lake), name_(name), options_(options), id_("rewrite-" + storage::unique_id()) {
  lock_ = lock_pipeline(lake.store(), name.pipeline, options.by);
  recover_pipeline(lake.store(), name.pipeline, *lock_, options.record_recovered);
  std::optional<TableState> table = lake.find(name);
  if (!table) fail(ErrorCode::kUsage, fmt::format("there is no table {}", name.full()), "`segue tables` lists them");
  table_ = std::move(*table);
  Snapshot snapshot = read_log(lake.store(), name.folder(), table_.version);
  refuse_protocol(snapshot, table_.address);
  refuse_append_only(snapshot, table_.address);
}

Rewrite::~Rewrite() { clear(); }

void Rewrite::clear() noexcept {
  try {
    for (const std::string& path : created_) lake_.store().remove(path);
    if (marked_) lake_.store().remove(staging_path(name_.pipeline, id_));
  } catch (const std::exception&) {
    // What stays is invisible, and the marker lets the next run remove it.
  }
}

// What is known of the rows is as true of the same rows in other files.
void Rewrite::keep_statistics(const Entry& entry) {
  std::optional<std::string> statistics = lake_.statistics(table_);
  if (!statistics) return;
  FileSet files(table_.files);
  for (const DataFile& file : entry.removes) files.remove(file.path);
  for (const DataFile& file : entry.adds) files.add(file.path);
  created_.push_back(statistics_path(name_, files));
  lake_.store().put(created_.back(), *statistics);
}

PublishedTable Rewrite::replace(const std::vector<std::string>& files, const Relation& rows,
                                const std::string& operation, size_t threads, bool tells_file) {
  storage::Store& store = lake_.store();
  std::string folder = name_.folder();
  Entry entry;
  entry.commit = CommitInfo{now_millis(), operation, {}, options_.engine, storage::unique_id(), ""};
  std::set<std::string> replaced(files.begin(), files.end());
  for (const DataFile& file : table_.files)
    if (replaced.contains(file.path)) entry.removes.push_back(file);
  SEGUE_ASSERT(entry.removes.size() == replaced.size());

  marked_ = true;
  store.put(staging_path(name_.pipeline, id_),
            nlohmann::json{{"run", id_}, {"exports", nlohmann::json::array()}}.dump());
  if (rows.rows() != 0) {
    WriteOptions write_options;
    write_options.threads = threads;
    write_options.tells_file = tells_file;
    write_options.cancellation = options_.cancellation;
    for (const std::string& column : table_.partition_by)
      for (size_t i = 0; i < rows.fields.size(); ++i)
        if (rows.fields[i].name == column) write_options.partition_by.push_back(i);
    entry.adds = write_parquet(
        store, folder, rows, write_options, [&](size_t number) { return data_file_name(number, id_); },
        [&](const std::string& path) { created_.push_back(path); });
  }
  if (operation == "OPTIMIZE") keep_statistics(entry);
  store.sync(created_);
  if (options_.cancellation != nullptr) options_.cancellation->check();
  lock_->check();
  int64_t version = table_.version + 1;
  bool committed = false;
  try {
    committed = store.put_if_absent(entry_path(folder, version), print_entry(entry));
  } catch (const Failure&) {
    // Perhaps they are the table's: the next begin sees in the log, and removes them if not.
    created_.clear();
    marked_ = false;
    throw;
  }
  if (!committed)
    fail(ErrorCode::kConflict, fmt::format("{} was changed by another program just now", name_.full()),
         "nothing was done; try again");
  created_.clear();  // they are the table's now
  checkpoint_if_due(store, folder, version);
  try {
    remove_replaced(store, name_);
  } catch (const Failure&) {
    marked_ = false;  // so that the marker stays, and the next begin removes them
  }
  TableState state = lake_.find(name_, version).value();
  return {name_, version, state.rows.value_or(0), state.bytes, state.files.size()};
}

}  // namespace segue::lake
