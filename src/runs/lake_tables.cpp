#include "runs/lake_tables.h"

#include <algorithm>
#include <optional>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/limits.h"
#include "columns/arrow.h"
#include "columns/value.h"
#include "duckdb/database.h"
#include "runs/mistakes.h"
#include "runs/rewrite.h"

namespace segue::runs {
namespace {

Relation read(const lake::TableState& table, const std::string& sql, size_t threads, const Cancellation& cancellation) {
  duckdb::DatabaseOptions options;
  options.threads = threads;
  duckdb::Database database({parquet_table(table, "t", cancellation)}, {}, options);
  Relation rows;
  auto stream = database.query(sql, cancellation);
  while (auto batch = stream->next()) rows.batches.push_back(from_arrow(batch));
  return rows;
}

class RowsInMemory : public formats::Scanner {
 public:
  explicit RowsInMemory(Relation rows) : rows_(std::move(rows)) {}
  size_t morsels() const override { return rows_.batches.size(); }
  uint64_t bytes() const override { return 0; }
  const std::vector<Field>& fields() const override { return rows_.fields; }
  void scan(size_t, size_t morsel, const std::function<void(Batch&&)>& emit) override {
    const Batch& all = rows_.batches[morsel];
    for (size_t begin = 0; begin < all.rows; begin += limits::kBatchRows) {
      Batch batch;
      batch.rows = std::min<size_t>(limits::kBatchRows, all.rows - begin);
      batch.sequence = morsel;
      for (const Column& column : all.columns) batch.columns.push_back(column.slice(begin));
      emit(std::move(batch));
    }
  }
  void finish() override {}
  std::vector<formats::BadRow> take_bad_rows() override { return {}; }

 private:
  Relation rows_;
};

// The NULLs of a column as the log knows them.
std::optional<uint64_t> nulls_in_log(const lake::TableState& table, const std::string& column) {
  uint64_t nulls = 0;
  for (const lake::DataFile& file : table.files) {
    nlohmann::json statistics = nlohmann::json::parse(file.statistics, nullptr, false);
    if (!statistics.is_object() || !statistics.contains("nullCount")) return std::nullopt;
    const nlohmann::json& counts = statistics["nullCount"];
    if (!counts.contains(column) || !counts[column].is_number_unsigned()) return std::nullopt;
    nulls += counts[column].get<uint64_t>();
  }
  return nulls;
}

uint64_t number_at(const Batch& batch, size_t column) {
  return static_cast<uint64_t>(std::get<int64_t>(value_at(batch.columns.at(column), 0).data));
}

}  // namespace

std::unique_ptr<formats::Scanner> open_lake_table(const lake::TableState& table, const std::vector<size_t>& columns,
                                                  size_t threads, const Cancellation& cancellation) {
  std::vector<std::string> names;
  std::vector<Field> fields;
  for (size_t column : columns) {
    fields.push_back(table.fields.at(column));
    names.push_back(quote_name(fields.back().name));
  }
  if (names.empty()) names.emplace_back("NULL AS nothing");
  Relation rows = read(table, fmt::format("SELECT {} FROM t", fmt::join(names, ", ")), threads, cancellation);
  if (columns.empty())
    for (Batch& batch : rows.batches) batch.columns.clear();
  rows.fields = std::move(fields);
  return std::make_unique<RowsInMemory>(std::move(rows));
}

std::unique_ptr<formats::Scanner> open_rows(const Relation& rows, const std::vector<size_t>& columns) {
  Relation some;
  for (size_t column : columns) some.fields.push_back(rows.fields.at(column));
  for (const Batch& batch : rows.batches) {
    Batch& picked = some.batches.emplace_back();
    picked.rows = batch.rows;
    for (size_t column : columns) picked.columns.push_back(batch.columns.at(column));
  }
  return std::make_unique<RowsInMemory>(std::move(some));
}

Relation read_lake_table(const lake::TableState& table, size_t threads, const Cancellation& cancellation) {
  std::vector<std::string> names;
  for (const Field& field : table.fields) names.push_back(quote_name(field.name));
  Relation rows = read(table, fmt::format("SELECT {} FROM t", fmt::join(names, ", ")), threads, cancellation);
  rows.fields = table.fields;
  return rows;
}

quality::Contents contents_of(const lake::TableState& table, const std::vector<std::string>& columns, size_t threads,
                              const Cancellation& cancellation) {
  quality::Contents contents;
  contents.version = table.version;
  std::vector<std::string> counted;
  std::string counts = "count(*)";
  for (const std::string& column : columns) {
    auto field = find_field(table.fields, column);
    if (field == table.fields.end()) continue;
    if (std::optional<uint64_t> nulls = nulls_in_log(table, field->name)) {
      contents.nulls[column] = *nulls;
    } else {
      counted.push_back(column);
      counts += fmt::format(", count(*) - count({})", quote_name(field->name));
    }
  }
  if (table.rows) contents.rows = *table.rows;
  if (table.rows && counted.empty()) return contents;
  Relation rows = read(table, fmt::format("SELECT {} FROM t", counts), threads, cancellation);
  contents.rows = number_at(rows.batches.at(0), 0);
  for (size_t i = 0; i < counted.size(); ++i) contents.nulls[counted[i]] = number_at(rows.batches[0], i + 1);
  return contents;
}

}  // namespace segue::runs
