#include "lake/lake.h"

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "lake/delta_log.h"

namespace segue::lake {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string quote_name(const std::string& name) {
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string quote_text(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

// True if the type, or one inside of it, is TIMESTAMP: Parquet's UTC-adjusted ones are TIMESTAMP WITH TIME ZONE to
// DuckDB.
bool has_timestamp(const Type& type) {
  if (type.id == TypeId::kTimestamp) return true;
  return std::any_of(type.fields.begin(), type.fields.end(),
                     [](const Field& field) { return has_timestamp(field.type); });
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
    if (!seen.insert(lower(name)).second)
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

Lake::Lake(const std::string& folder) : Lake(storage::open_local(folder)) {}
Lake::Lake(std::shared_ptr<storage::Store> store) : store_(std::move(store)) {}

std::vector<TableName> Lake::tables(const std::string& pipeline) const {
  std::vector<TableName> names;
  for (const storage::Listed& folder : store_->list("")) {
    if (!folder.folder || folder.name.starts_with('.') || (!pipeline.empty() && folder.name != pipeline)) continue;
    for (const storage::Listed& step : store_->list(folder.name)) {
      if (!step.folder || step.name.starts_with('_') || step.name.starts_with('.')) continue;
      TableName name{folder.name, step.name};
      // A folder is a table once its first version is committed.
      std::vector<storage::Listed> log = store_->list(name.folder() + "/_delta_log");
      if (std::any_of(log.begin(), log.end(), [](const storage::Listed& entry) {
            return entry.name.ends_with(".json") && entry.name[0] != '.';
          }))
        names.push_back(std::move(name));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<TableState> Lake::find(const TableName& name, std::optional<int64_t> version) const {
  Snapshot snapshot = read_log(*store_, name.folder(), version);
  if (snapshot.version < 0) return std::nullopt;
  TableState state;
  state.name = name;
  state.address = store_->address(name.folder());
  state.version = snapshot.version;
  state.fields = from_schema(snapshot.metadata.schema, name.full());
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
  return state;
}

std::string select_sql(const TableState& table) {
  std::string columns, files;
  for (const Field& field : table.fields) {
    if (!columns.empty()) columns += ", ";
    columns += quote_name(field.name);
    if (has_timestamp(field.type)) columns += fmt::format("::{} AS {}", to_string(field.type), quote_name(field.name));
  }
  for (const std::string& address : table.file_addresses()) {
    if (!files.empty()) files += ", ";
    files += quote_text(address);
  }
  if (!files.empty())
    return fmt::format("SELECT {} FROM read_parquet([{}], hive_partitioning = false)", columns, files);
  // Another writer's table may have no file at all.
  columns.clear();
  for (const Field& field : table.fields)
    columns +=
        fmt::format("{}NULL::{} AS {}", columns.empty() ? "" : ", ", to_string(field.type), quote_name(field.name));
  return fmt::format("SELECT {} WHERE false", columns);
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
