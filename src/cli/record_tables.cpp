#include "cli/record_tables.h"

#include <algorithm>

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "columns/arrow.h"
#include "columns/value.h"
#include "runs/quarantine.h"
#include "runs/rewrite.h"
#include "runs/run_store.h"
#include "runs/statistics_records.h"

namespace segue::cli {
namespace {

class RecordsReading : public duckdb::Reading {
 public:
  RecordsReading(Relation rows, std::vector<size_t> columns) : rows_(std::move(rows)), columns_(std::move(columns)) {}
  size_t morsels() const override { return rows_.batches.size(); }
  void read(size_t, size_t morsel, const std::function<void(Batch&&)>& emit) override {
    const Batch& all = rows_.batches[morsel];
    Batch batch;
    batch.rows = all.rows;
    for (size_t column : columns_) batch.columns.push_back(all.columns[column]);
    emit(std::move(batch));
  }

 private:
  Relation rows_;
  std::vector<size_t> columns_;
};

class RecordsTable : public duckdb::TableSource {
 public:
  RecordsTable(std::filesystem::path project_folder, const runs::RecordTable& table)
      : project_folder_(std::move(project_folder)), table_(table) {}
  const std::vector<Field>& fields() const override { return table_.fields; }
  std::unique_ptr<duckdb::Reading> open(const std::vector<size_t>& columns, size_t) override {
    return std::make_unique<RecordsReading>(runs::RunStore(project_folder_).read(table_), columns);
  }

 private:
  std::filesystem::path project_folder_;
  const runs::RecordTable& table_;
};

std::vector<Field> with_pipeline(const std::vector<Field>& fields) {
  std::vector<Field> all{{"pipeline", TypeId::kVarchar}};
  all.insert(all.end(), fields.begin(), fields.end());
  return all;
}

// One morsel a pipeline: the rows of its quarantine table, as DuckDB reads them.
class QuarantineReading : public duckdb::Reading {
 public:
  QuarantineReading(std::vector<lake::TableState> tables, std::vector<size_t> columns, const Cancellation& cancellation)
      : tables_(std::move(tables)), columns_(std::move(columns)), cancellation_(cancellation) {}
  size_t morsels() const override { return tables_.size(); }
  void read(size_t, size_t morsel, const std::function<void(Batch&&)>& emit) override {
    lake::TableState table = tables_[morsel];
    table.fields = runs::quarantine_fields();  // those of today, also where an older Segue wrote the table
    duckdb::Database database({runs::parquet_table(table, "t", cancellation_)}, {});
    auto rows = database.query("FROM t", cancellation_);
    Column pipeline = constant_column(Value{TypeId::kVarchar, table.name.pipeline});
    while (auto arrow = rows->next()) {
      Batch all = from_arrow(arrow);
      Batch batch;
      batch.rows = all.rows;
      for (size_t column : columns_) batch.columns.push_back(column == 0 ? pipeline : all.columns[column - 1]);
      emit(std::move(batch));
    }
  }

 private:
  std::vector<lake::TableState> tables_;
  std::vector<size_t> columns_;
  const Cancellation& cancellation_;
};

class QuarantineTable : public duckdb::TableSource {
 public:
  QuarantineTable(lake::Lake lake, const Cancellation& cancellation)
      : lake_(std::move(lake)), cancellation_(cancellation) {}
  const std::vector<Field>& fields() const override { return fields_; }
  std::unique_ptr<duckdb::Reading> open(const std::vector<size_t>& columns, size_t) override {
    std::vector<lake::TableState> tables;
    for (const lake::TableName& name : lake_.tables()) {
      if (name.step != runs::kQuarantineTable) continue;
      if (auto state = lake_.find(name)) tables.push_back(std::move(*state));
    }
    return std::make_unique<QuarantineReading>(std::move(tables), columns, cancellation_);
  }

 private:
  lake::Lake lake_;
  const Cancellation& cancellation_;
  std::vector<Field> fields_ = with_pipeline(runs::quarantine_fields());
};

// One morsel a table.
class StatisticsReading : public duckdb::Reading {
 public:
  StatisticsReading(lake::Lake lake, std::vector<size_t> columns)
      : lake_(std::move(lake)), tables_(lake_.tables()), columns_(std::move(columns)) {}
  size_t morsels() const override { return tables_.size(); }
  void read(size_t, size_t morsel, const std::function<void(Batch&&)>& emit) override {
    for (const Batch& all : runs::statistics_records(lake_, tables_[morsel]).batches) {
      Batch batch;
      batch.rows = all.rows;
      for (size_t column : columns_) batch.columns.push_back(all.columns[column]);
      emit(std::move(batch));
    }
  }

 private:
  lake::Lake lake_;
  std::vector<lake::TableName> tables_;
  std::vector<size_t> columns_;
};

class StatisticsTable : public duckdb::TableSource {
 public:
  explicit StatisticsTable(lake::Lake lake) : lake_(std::move(lake)) {}
  const std::vector<Field>& fields() const override { return fields_; }
  std::unique_ptr<duckdb::Reading> open(const std::vector<size_t>& columns, size_t) override {
    return std::make_unique<StatisticsReading>(lake_, columns);
  }

 private:
  lake::Lake lake_;
  std::vector<Field> fields_ = runs::statistics_fields();
};

}  // namespace

std::vector<duckdb::ReadTable> record_tables(const definition::Project& project, const lake::Lake& lake,
                                             const Cancellation& cancellation) {
  std::vector<duckdb::ReadTable> tables;
  for (const runs::RecordTable& table : runs::record_tables())
    tables.push_back({"segue." + table.name, std::make_shared<RecordsTable>(project.folder, table)});
  tables.push_back({"segue.quarantine", std::make_shared<QuarantineTable>(lake, cancellation)});
  tables.push_back({"segue.statistics", std::make_shared<StatisticsTable>(lake)});
  return tables;
}

}  // namespace segue::cli
