#include "runs/table_statistics.h"

#include <algorithm>

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "base/workers.h"
#include "columns/arrow.h"
#include "columns/value.h"
#include "duckdb/database.h"
#include "runs/mistakes.h"
#include "runs/prepare.h"
#include "runs/rewrite.h"

namespace segue::runs {
namespace {

// Reads columns of a table one by one.
class ColumnReader {
 public:
  // Both outlive it.
  ColumnReader(const lake::TableState& table, size_t threads, const Cancellation& cancellation)
      : table_(table),
        cancellation_(cancellation),
        database_({parquet_table(table, "t", cancellation)}, {}, of(threads)) {}

  // As a column of this name and type. The table may be older than the column.
  Relation read(const Field& wanted) {
    auto field = find_field(table_.fields, wanted.name);
    bool known = field != table_.fields.end();
    std::string column = known ? quote_name(field->name) : "NULL";
    if (!known || field->type != wanted.type) column = fmt::format("CAST({} AS {})", column, to_string(wanted.type));
    Relation rows{{wanted}, {}};
    auto stream = database_.query(fmt::format("SELECT {} FROM t", column), cancellation_);
    while (auto batch = stream->next()) rows.batches.push_back(from_arrow(batch));
    return rows;
  }

 private:
  static duckdb::DatabaseOptions of(size_t threads) {
    duckdb::DatabaseOptions options;
    options.threads = threads;
    return options;
  }

  const lake::TableState& table_;
  const Cancellation& cancellation_;
  duckdb::Database database_;
};

// Of what a table has, and of rows that are added.
quality::TableStatistics of_all(const lake::TableState& table, const Relation& added, const std::vector<Field>& fields,
                                Workers& workers, bool mergeable) {
  ColumnReader reader(table, workers.count(), workers.cancellation());
  auto read = [&](size_t column) {
    Relation rows = reader.read(fields[column]);
    for (const segue::Batch& batch : added.batches) {
      segue::Batch& picked = rows.batches.emplace_back();
      picked.rows = batch.rows;
      picked.columns.push_back(batch.columns[column]);
    }
    return rows;
  };
  return quality::table_statistics(fields, read, workers, mergeable);
}

}  // namespace

std::optional<quality::TableStatistics> kept_statistics(const lake::Lake& lake, const lake::TableState& table) {
  std::optional<std::string> text = lake.statistics(table);
  std::optional<quality::TableStatistics> kept = text ? quality::parse_statistics(*text) : std::nullopt;
  return kept && quality::is_of(*kept, table.fields) ? kept : std::nullopt;
}

quality::TableStatistics computed_statistics(const lake::TableState& table, size_t threads,
                                             const Cancellation& cancellation) {
  Workers workers(threads, cancellation);
  return of_all(table, Relation{table.fields, {}}, table.fields, workers, false);
}

quality::TableStatistics statistics_to_be(const lake::Lake& lake, const Batch& batch, const TableUpdate& update,
                                          size_t threads, const Cancellation& cancellation) {
  Workers workers(threads, cancellation);
  const std::vector<Field>& fields = batch.step->fields;
  bool appends = batch.step->step->write.mode == definition::WriteMode::kAppend;
  lake::TableState stays;
  if (batch.table && update.replaced) {
    stays = *batch.table;
    std::erase_if(stays.files, [&](const lake::DataFile& file) {
      return std::ranges::find(*update.replaced, file.path) != update.replaced->end();
    });
  }
  if (stays.files.empty()) return quality::table_statistics(update.table_rows(), workers, appends);
  if (update.replaced->empty()) {
    std::optional<quality::TableStatistics> before = kept_statistics(lake, *batch.table);
    if (before && before->mergeable() && quality::is_of(*before, fields))
      return quality::merge(*before, quality::table_statistics(update.table_rows(), workers, true));
  }
  return of_all(stays, update.table_rows(), fields, workers, appends);
}

}  // namespace segue::runs
