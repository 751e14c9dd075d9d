#include "lake/lake.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "lake/commit.h"
#include "lake/data_files.h"
#include "lake/delta_log.h"
#include "lake/file_set.h"
#include "lake/recovery.h"
#include "storage/at_once.h"

namespace segue::lake {
namespace {

std::string moment(int64_t micros) {
  int64_t seconds = micros / 1'000'000 - (micros % 1'000'000 < 0 ? 1 : 0);
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

void name_problems(const std::vector<Field>& fields, const std::string& path, size_t column,
                   std::vector<ColumnProblem>& problems) {
  std::set<std::string> seen;
  for (size_t i = 0; i < fields.size(); ++i) {
    const std::string& name = fields[i].name;
    size_t top = path.empty() ? i : column;
    std::string full = path.empty() ? name : path + "." + name;
    if (name.empty())
      problems.push_back({top,
                          path.empty() ? "a column has no name" : fmt::format("a field of column {} has no name", path),
                          "name it with AS"});
    else if (name.find_first_of(" ,;{}()\n\t=") != std::string::npos)
      problems.push_back({top, fmt::format("the column name '{}' has a character that Delta tables do not allow", full),
                          "name it with AS, without blanks and without any of , ; { } ( ) ="});
    if (!seen.insert(ascii::lower(name)).second)
      problems.push_back({top, fmt::format("two columns are named '{}'", full),
                          "tables ignore case: name one of them otherwise with AS"});
    const Type* type = &fields[i].type;
    while (type->id == TypeId::kList) type = &type->element();
    if (type->id == TypeId::kStruct) name_problems(type->fields, full, top, problems);
  }
}

}  // namespace

std::optional<TableName> parse_table_name(std::string_view text) {
  size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == text.size() ||
      text.find('.', dot + 1) != std::string_view::npos || text.find('/') != std::string_view::npos)
    return std::nullopt;
  return TableName{std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
}

std::vector<std::string> TableState::file_addresses() const {
  std::vector<std::string> addresses;
  addresses.reserve(files.size());
  for (const DataFile& file : files)
    addresses.push_back(file.path.starts_with('/') || file.path.find("://") != std::string::npos
                            ? file.path
                            : address + "/" + file.path);
  return addresses;
}

Lake::Lake(const std::string& root, const Cancellation* cancellation) : Lake(storage::open_store(root, cancellation)) {}
Lake::Lake(std::shared_ptr<storage::Store> store) : store_(std::move(store)) {}

std::vector<TableName> Lake::tables(const std::string& pipeline) const {
  std::vector<std::string> pipelines;
  for (const storage::Listed& folder : store_->list(""))
    if (folder.folder && !folder.name.starts_with('.') && (pipeline.empty() || folder.name == pipeline))
      pipelines.push_back(folder.name);
  std::vector<std::vector<storage::Listed>> steps(pipelines.size());
  storage::each_at_once(pipelines.size(), store_->calls_at_once(),
                        [&](size_t i) { steps[i] = store_->list(pipelines[i]); });
  std::vector<TableName> names;
  for (size_t i = 0; i < pipelines.size(); ++i)
    for (const storage::Listed& step : steps[i])
      if (step.folder && !step.name.starts_with('_') && !step.name.starts_with('.'))
        names.push_back({pipelines[i], step.name});
  // A folder is a table once its first version is committed.
  std::vector<char> committed(names.size());
  storage::each_at_once(names.size(), store_->calls_at_once(), [&](size_t i) {
    std::vector<storage::Listed> log = store_->list(names[i].folder() + "/_delta_log");
    committed[i] = std::any_of(log.begin(), log.end(), [](const storage::Listed& entry) {
      return entry.name.ends_with(".json") && entry.name[0] != '.';
    });
  });
  std::vector<TableName> tables;
  for (size_t i = 0; i < names.size(); ++i)
    if (committed[i] != 0) tables.push_back(std::move(names[i]));
  std::sort(tables.begin(), tables.end());
  return tables;
}

std::vector<TableState> Lake::find_all(const std::vector<TableName>& names) const {
  std::vector<std::optional<TableState>> found(names.size());
  storage::each_at_once(names.size(), store_->calls_at_once(), [&](size_t i) { found[i] = find(names[i]); });
  std::vector<TableState> states;
  for (std::optional<TableState>& state : found)
    if (state) states.push_back(std::move(*state));
  return states;
}

std::optional<TableState> Lake::find(const TableName& name, std::optional<int64_t> version) const {
  Snapshot snapshot = read_log(*store_, name.folder(), version);
  if (snapshot.version < 0) return std::nullopt;
  TableState state;
  state.name = name;
  state.address = store_->address(name.folder());
  state.version = snapshot.version;
  state.fields = from_schema(snapshot.metadata.schema, name.full());
  state.description = snapshot.metadata.description;
  state.comments = comments_of(snapshot.metadata.schema);
  state.partition_by = snapshot.metadata.partition_columns;
  state.rows = 0;
  for (const DataFile& file : snapshot.files) {
    state.bytes += file.bytes;
    if (state.rows) state.rows = file.rows ? std::optional(*state.rows + *file.rows) : std::nullopt;
  }
  state.files = std::move(snapshot.files);
  state.committed_at = snapshot.commit.timestamp * 1000;
  state.operation = snapshot.commit.operation;
  state.engine = snapshot.commit.engine;
  state.run = snapshot.commit.run;
  state.batch = batch_of(snapshot, name);
  return state;
}

TableState Lake::at_version(const TableName& name, int64_t version) const {
  std::optional<TableState> state = find(name, version);
  if (!state) {
    std::optional<TableState> newest = find(name);
    if (!newest) fail(ErrorCode::kUsage, fmt::format("there is no table {}", name.full()), "`segue tables` lists them");
    fail(ErrorCode::kUsage,
         fmt::format("{} has no version {}: the newest is {}", name.full(), version, newest->version),
         fmt::format("`segue show {} --history` lists them", name.full()));
  }
  DataFiles there(*store_, name.folder());
  auto gone = std::count_if(state->files.begin(), state->files.end(),
                            [&](const DataFile& file) { return !there.has(file.path); });
  if (gone != 0)
    fail(ErrorCode::kIo,
         fmt::format("version {} of {} cannot be read any more: {} of its {} files {} gone", version, name.full(), gone,
                     state->files.size(), gone == 1 ? "is" : "are"),
         fmt::format("`segue vacuum` removes old versions; `segue show {} --history` says which there are",
                     name.full()));
  return std::move(*state);
}

TableState Lake::at_time(const TableName& name, int64_t micros) const {
  std::optional<int64_t> version, first;
  each_entry(*store_, name.folder(), [&](int64_t each, const Entry& entry) {
    if (!entry.commit) return;
    if (!first) first = entry.commit->timestamp;
    // A clock that was set back does not bring an older version back.
    if (entry.commit->timestamp <= micros / 1000) version = each;
  });
  if (!version && first)
    fail(ErrorCode::kUsage,
         fmt::format("{} had no version yet at {}: its first is of {}", name.full(), moment(micros),
                     moment(*first * 1000)),
         fmt::format("`segue show {} --history` lists them; times are UTC", name.full()));
  return at_version(name, version.value_or(0));
}

std::optional<std::string> Lake::batch_record(const TableState& table) const {
  if (table.batch == 0) return std::nullopt;
  std::string path = batch_path(table.name, table.batch);
  std::optional<std::string> record = store_->read(path);
  if (!record)
    fail(ErrorCode::kIo,
         fmt::format("{} is gone, which says what {} was made of", store_->address(path), table.name.full()),
         "`segue run --full` builds the table anew");
  return record;
}

std::optional<std::string> Lake::statistics(const TableState& table) const {
  return store_->read(statistics_path(table.name, FileSet(table.files)));
}

std::vector<KeptStatistics> Lake::all_statistics(const TableName& name) const {
  std::set<std::string> there;
  for (const storage::Listed& file : store_->list(statistics_folder(name))) there.insert(file.name);
  std::vector<KeptStatistics> kept;
  if (there.empty()) return kept;
  std::vector<std::string> paths;
  FileSet files;
  each_entry(*store_, name.folder(), [&](int64_t version, const Entry& entry) {
    for (const DataFile& file : entry.removes) files.remove(file.path);
    for (const DataFile& file : entry.adds) files.add(file.path);
    if (!there.contains(files.name() + ".json")) return;
    CommitInfo commit = entry.commit.value_or(CommitInfo{});
    kept.push_back({version, commit.timestamp * 1000, commit.run, ""});
    paths.push_back(statistics_path(name, files));
  });
  storage::each_at_once(paths.size(), store_->calls_at_once(),
                        [&](size_t i) { kept[i].text = store_->read(paths[i]).value_or(""); });
  std::erase_if(kept, [](const KeptStatistics& each) { return each.text.empty(); });  // removed meanwhile
  return kept;
}

std::vector<VersionSummary> Lake::history(const TableName& name) const {
  struct Size {
    std::optional<uint64_t> rows;
    uint64_t bytes;
  };
  DataFiles there(*store_, name.folder());
  std::map<std::string, Size> files;
  VersionSummary totals;
  uint64_t unknown = 0, gone = 0;  // files without a number of rows; files that are not there
  uint64_t rows = 0;
  auto count = [&](const std::string& path, const Size& size, uint64_t sign) {
    totals.bytes += sign * size.bytes;
    totals.files += sign;
    rows += sign * size.rows.value_or(0);
    unknown += sign * (size.rows ? 0 : 1);
    gone += sign * (there.has(path) ? 0 : 1);
  };
  std::vector<VersionSummary> history;
  each_entry(*store_, name.folder(), [&](int64_t version, const Entry& entry) {
    auto forget = [&](const std::string& path) {
      auto found = files.find(path);
      if (found == files.end()) return;
      count(path, found->second, ~uint64_t{0});  // minus one
      files.erase(found);
    };
    for (const DataFile& file : entry.removes) forget(file.path);
    for (const DataFile& file : entry.adds) {
      forget(file.path);
      count(file.path, files[file.path] = {file.rows, file.bytes}, 1);
    }
    CommitInfo commit = entry.commit.value_or(CommitInfo{});
    totals.version = version;
    totals.committed_at = commit.timestamp * 1000;
    totals.operation = commit.operation;
    totals.parameters = commit.parameters;
    totals.engine = commit.engine;
    totals.run = commit.run;
    totals.rows = unknown == 0 ? std::optional(rows) : std::nullopt;
    totals.readable = gone == 0;
    history.push_back(totals);
  });
  std::reverse(history.begin(), history.end());
  return history;
}

std::vector<ColumnProblem> column_problems(const std::vector<Field>& fields) {
  std::vector<ColumnProblem> problems;
  name_problems(fields, "", 0, problems);
  for (size_t i = 0; i < fields.size(); ++i) {
    if (lake_type(fields[i].type)) continue;
    problems.push_back(
        {i, fmt::format("column {} is {}, which no table can hold", fields[i].name, to_string(fields[i].type)),
         fields[i].type.id == TypeId::kInterval ? fmt::format("store a number instead: epoch({})", fields[i].name)
                                                : fmt::format("cast it: CAST({} AS VARCHAR)", fields[i].name)});
  }
  return problems;
}

}  // namespace segue::lake
