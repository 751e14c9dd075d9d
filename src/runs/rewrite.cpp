#include "runs/rewrite.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/error.h"
#include "columns/arrow.h"
#include "columns/value.h"
#include "duckdb/database.h"
#include "duckdb/literal.h"
#include "lake/partition.h"
#include "runs/remote_table.h"
#include "storage/remote_file.h"

namespace segue::runs {
namespace {

constexpr const char* kFile = "segue.file";  // no column has a dot in its name

std::string select_list(const std::vector<Field>& fields) {
  std::string list;
  for (const Field& field : fields) list += (list.empty() ? "" : ", ") + quote_name(field.name);
  return list;
}

std::string text_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts)
    list += (list.empty() ? "" : ", ") + duckdb::literal(Value{TypeId::kVarchar, text});
  return list;
}

// The table with the column that its log does not name, if some file has it: NULL in others.
lake::TableState with_file_column(lake::TableState table) {
  bool taken = std::ranges::any_of(table.fields,
                                   [](const Field& field) { return ascii::lower(field.name) == lake::kFileColumn; });
  bool tells = std::ranges::any_of(table.files, &lake::DataFile::tells_file);
  if (tells && !taken) table.fields.push_back({lake::kFileColumn, TypeId::kBigint});
  return table;
}

// Those that replace rows of these data files of the table.
std::vector<Field> fields_of(const lake::TableState& table, Rewritten& rewritten) {
  size_t tell = 0, others = 0;
  for (const lake::DataFile& file : table.files)
    if (std::ranges::find(rewritten.files, file.path) != rewritten.files.end()) ++(file.tells_file() ? tell : others);
  rewritten.tells_file = tell != 0 && others == 0;
  std::vector<Field> fields = table.fields;
  if (rewritten.tells_file) fields.push_back({lake::kFileColumn, TypeId::kBigint});
  return fields;
}

// A table's files as DuckDB sees them: the view `t`; and rows in memory: `added`.
class Work {
 public:
  Work(const lake::TableState* table, const Relation* added, const RewriteOptions& options)
      : cancellation_(*options.cancellation) {
    std::vector<duckdb::ParquetTable> tables;
    std::vector<duckdb::ReadTable> read;
    if (table != nullptr) {
      tables.push_back(parquet_table(with_file_column(*table), "t", cancellation_, kFile));
      std::vector<std::string> addresses = table->file_addresses();
      for (size_t i = 0; i < addresses.size(); ++i) paths_[addresses[i]] = table->files[i].path;
    }
    if (added != nullptr) read.push_back({"added", duckdb::make_table_source(*added)});
    database_.emplace(tables, read,
                      duckdb::DatabaseOptions{options.threads, options.memory, std::filesystem::temp_directory_path()});
  }

  Relation rows(const std::string& sql) {
    auto stream = database_->query(sql, cancellation_);
    Relation relation{from_arrow(*stream->schema()), {}};
    while (auto batch = stream->next()) relation.batches.push_back(from_arrow(batch));
    return relation;
  }

  // Texts of the one column of a query.
  std::vector<std::string> texts(const std::string& sql) {
    std::vector<std::string> found;
    for (const Batch& batch : rows(sql).batches)
      for (size_t row = 0; row < batch.rows; ++row)
        if (batch.columns[0].is_valid(row)) found.emplace_back(batch.columns[0].text(row));
    return found;
  }

  // "<condition on the file's column>" for these addresses.
  static std::string in_files(const std::vector<std::string>& addresses) {
    return addresses.empty() ? "false" : fmt::format("{} IN ({})", quote_name(kFile), text_list(addresses));
  }

  std::vector<std::string> paths(const std::vector<std::string>& addresses) const {
    std::vector<std::string> found;
    for (const std::string& address : addresses) found.push_back(paths_.at(address));
    return found;
  }

  // Counted, as other programs' files may not tell.
  uint64_t rows_of(const std::vector<std::string>& addresses) {
    Relation counted = rows("SELECT count(*) AS n FROM t WHERE " + in_files(addresses));
    return static_cast<uint64_t>(std::get<int64_t>(value_at(counted.batches.at(0).columns.at(0), 0).data));
  }

 private:
  const Cancellation& cancellation_;
  std::map<std::string, std::string> paths_;  // by address
  std::optional<duckdb::Database> database_;
};

}  // namespace

duckdb::ParquetTable parquet_table(const lake::TableState& state, const std::string& name,
                                   const Cancellation& cancellation, const std::string& file_column) {
  duckdb::ParquetTable table{name, state.fields, {}, state.partition_by, file_column};
  if (storage::is_remote(state.address)) {
    table.source = make_remote_table(state, file_column, cancellation);
    return table;
  }
  for (const std::string& file : state.file_addresses()) table.files.emplace_back(file);
  for (const lake::DataFile& file : state.files)
    if (!lake::in_its_folder(file.path, file.partition))
      fail(ErrorCode::kIo,
           fmt::format("{} has files that do not lie in folders of their partitions: {}", state.name.full(), file.path),
           "another program wrote them; Segue reads partitions in folders as Hive names them, `year=2018/month=11`");
  return table;
}

Rewritten delete_rows(const lake::TableState& table, const std::string& condition, const RewriteOptions& options) {
  Work work(&table, nullptr, options);
  std::vector<std::string> addresses;
  try {
    // The condition has lines of its own, so that places in it are known.
    addresses = work.texts(fmt::format("SELECT DISTINCT {} FROM t WHERE (\n{}\n)", quote_name(kFile), condition));
  } catch (const Failure& failure) {
    Error error = failure.error();
    if (error.place.line > 1) --error.place.line;
    throw Failure(std::move(error));
  }
  Rewritten result;
  result.files = work.paths(addresses);
  std::vector<Field> fields = fields_of(table, result);
  if (!addresses.empty())
    result.rows = work.rows(fmt::format("SELECT {} FROM t WHERE {} AND NOT coalesce((\n{}\n), false)",
                                        select_list(fields), Work::in_files(addresses), condition));
  result.rows.fields = fields;
  result.removed = work.rows_of(addresses) - result.rows.rows();
  return result;
}

namespace {

std::string names_of(const MergeRule& rule, const std::vector<size_t>& columns) {
  std::string list;
  for (size_t column : columns) list += (list.empty() ? "" : ", ") + quote_name(rule.fields.at(column).name);
  return list;
}

void refuse_null_keys(Work& work, const MergeRule& rule) {
  for (size_t key : rule.keys) {
    std::string name = quote_name(rule.fields.at(key).name);
    Relation counted = work.rows(fmt::format("SELECT count(*) AS n FROM added WHERE {} IS NULL", name));
    int64_t rows = std::get<int64_t>(value_at(counted.batches.at(0).columns.at(0), 0).data);
    if (rows == 0) continue;
    fail(ErrorCode::kData,
         fmt::format("{} new row{} no `{}`, by which rows are merged", rows, rows == 1 ? " has" : "s have",
                     rule.fields[key].name),
         fmt::format("leave such rows out: WHERE {} IS NOT NULL", name));
  }
}

std::string combined(const Field& field, plan::Combine how) {
  std::string name = quote_name(field.name);
  switch (how) {
    case plan::Combine::kKey: return name;
    case plan::Combine::kSum: return fmt::format("CAST(sum({0}) AS {1}) AS {0}", name, to_string(field.type));
    case plan::Combine::kMin: return fmt::format("min({0}) AS {0}", name);
    case plan::Combine::kMax: return fmt::format("max({0}) AS {0}", name);
    case plan::Combine::kAnd: return fmt::format("bool_and({0}) AS {0}", name);
    case plan::Combine::kOr: return fmt::format("bool_or({0}) AS {0}", name);
  }
  return name;
}

// One row a key of `rows`, which is a query.
std::string merge_query(const MergeRule& rule, const std::string& rows) {
  std::string keys = names_of(rule, rule.keys);
  if (!rule.latest_by) {
    std::string list;
    for (size_t i = 0; i < rule.fields.size(); ++i)
      list += (list.empty() ? "" : ", ") + combined(rule.fields[i], rule.combine.at(i));
    return fmt::format("SELECT {} FROM ({}) GROUP BY {} ORDER BY {}", list, rows, keys, keys);
  }
  std::string order = quote_name(rule.fields.at(*rule.latest_by).name) + " DESC NULLS LAST";
  for (size_t i = 0; i < rule.fields.size(); ++i) {
    bool key = std::find(rule.keys.begin(), rule.keys.end(), i) != rule.keys.end();
    if (!key && i != *rule.latest_by) order += fmt::format(", {} DESC NULLS LAST", quote_name(rule.fields[i].name));
  }
  return fmt::format("SELECT {} FROM ({}) QUALIFY row_number() OVER (PARTITION BY {} ORDER BY {}) = 1 ORDER BY {}",
                     select_list(rule.fields), rows, keys, order, keys);
}

}  // namespace

Rewritten merge_rows(const lake::TableState* table, const Relation& added, const MergeRule& rule,
                     const RewriteOptions& options) {
  Work work(table, &added, options);
  refuse_null_keys(work, rule);
  Rewritten result;
  std::string rows = fmt::format("SELECT {} FROM added", select_list(rule.fields));
  if (table != nullptr) {
    std::vector<std::string> addresses = work.texts(fmt::format("SELECT DISTINCT {} FROM t SEMI JOIN added USING ({})",
                                                                quote_name(kFile), names_of(rule, rule.keys)));
    result.files = work.paths(addresses);
    rows = fmt::format("SELECT {} FROM t WHERE {} UNION ALL {}", select_list(rule.fields), Work::in_files(addresses),
                       rows);
    if (!addresses.empty()) result.removed = work.rows_of(addresses);
  }
  result.rows = work.rows(merge_query(rule, rows));
  result.rows.fields = rule.fields;
  return result;
}

std::vector<std::string> small_files(const lake::TableState& table) {
  constexpr uint64_t kSmall = uint64_t{32} << 20;
  constexpr uint64_t kAtOnce = uint64_t{256} << 20;
  std::map<std::map<std::string, std::optional<std::string>>, std::vector<const lake::DataFile*>> partitions;
  for (const lake::DataFile& file : table.files)
    if (file.bytes < kSmall) partitions[file.partition].push_back(&file);
  std::vector<std::string> small;
  uint64_t bytes = 0;
  for (const auto& [values, files] : partitions) {
    for (size_t i = 0; files.size() > 1 && i < files.size() && bytes < kAtOnce; ++i) {
      small.push_back(files[i]->path);
      bytes += files[i]->bytes;
    }
  }
  return small;
}

Rewritten gather_rows(const lake::TableState& table, const std::vector<std::string>& files,
                      const RewriteOptions& options) {
  // Of these files alone, in their order.
  lake::TableState some = table;
  std::erase_if(some.files, [&](const lake::DataFile& file) {
    return std::find(files.begin(), files.end(), file.path) == files.end();
  });
  Rewritten result;
  result.files = files;
  std::vector<Field> fields = fields_of(some, result);
  result.rows = Work(&some, nullptr, options).rows(fmt::format("SELECT {} FROM t", select_list(fields)));
  result.rows.fields = std::move(fields);
  return result;
}

Rewritten take_out_files(const lake::TableState& table, const std::vector<int64_t>& keys,
                         const RewriteOptions& options) {
  Rewritten result;
  std::vector<Field> fields = table.fields;
  fields.push_back({lake::kFileColumn, TypeId::kBigint});
  result.rows.fields = fields;
  result.tells_file = true;
  if (table.files.empty()) return result;
  Work work(&table, nullptr, options);
  std::string from_them = fmt::format("{} IN ({})", quote_name(lake::kFileColumn), fmt::join(keys, ", "));
  std::vector<std::string> addresses =
      work.texts(fmt::format("SELECT DISTINCT {} FROM t WHERE {}", quote_name(kFile), from_them));
  if (addresses.empty()) return result;
  result.files = work.paths(addresses);
  result.rows = work.rows(
      fmt::format("SELECT {} FROM t WHERE {} AND NOT {}", select_list(fields), Work::in_files(addresses), from_them));
  result.rows.fields = std::move(fields);
  result.removed = work.rows_of(addresses) - result.rows.rows();
  return result;
}

}  // namespace segue::runs
