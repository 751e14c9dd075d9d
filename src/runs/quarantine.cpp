#include "runs/quarantine.h"

#include <functional>

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "base/limits.h"
#include "base/memory.h"
#include "columns/arrow.h"
#include "columns/value.h"
#include "duckdb/database.h"
#include "duckdb/literal.h"
#include "lake/export_rows.h"
#include "runs/rewrite.h"

namespace segue::runs {
namespace {

Column constant(TypeId type, Value::Data data) { return constant_column(Value{type, std::move(data)}); }

// A column of texts that the column owns.
Column text_column(size_t rows, const std::function<std::string(size_t)>& text) {
  struct Owner {
    std::vector<std::string> texts;
    std::vector<std::string_view> views;
  };
  auto owner = std::make_shared<Owner>();
  owner->texts.reserve(rows);
  for (size_t row = 0; row < rows; ++row) owner->texts.push_back(text(row));
  owner->views.assign(owner->texts.begin(), owner->texts.end());
  Column column;
  column.type = TypeId::kVarchar;
  column.values = owner->views.data();
  column.owner = owner;
  return column;
}

Column number_column(const std::vector<formats::BadRow>& rows, const uint64_t formats::BadRow::*member) {
  Array<int64_t> values(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) values[i] = static_cast<int64_t>(rows[i].*member);
  auto shared = share(std::move(values));
  Column column;
  column.type = TypeId::kBigint;
  column.values = shared->data();
  column.owner = shared;
  return column;
}

}  // namespace

std::vector<Field> quarantine_fields() {
  return {{"source", TypeId::kVarchar}, {"step", TypeId::kVarchar},       {"file", TypeId::kVarchar},
          {"line", TypeId::kBigint},    {"byte_offset", TypeId::kBigint}, {"reason", TypeId::kVarchar},
          {"text", TypeId::kVarchar},   {"run", TypeId::kVarchar}};
}

Relation bad_rows_of_other_files(const lake::TableState& quarantine, const std::string& source,
                                 const std::set<std::string>& files, size_t threads, const Cancellation& cancellation) {
  duckdb::DatabaseOptions options;
  options.threads = threads;
  duckdb::Database database({parquet_table(quarantine, "t", cancellation)}, {}, options);
  auto text = [](const std::string& each) { return duckdb::literal(Value{TypeId::kVarchar, each}); };
  std::string of_them;
  for (const std::string& file : files)  // what is in an archive has its path, and more
    of_them += fmt::format(" AND file <> {0} AND NOT starts_with(file, {0} || '/')", text(file));
  auto stream = database.query(fmt::format("SELECT * FROM t WHERE source = {}{}", text(source), of_them), cancellation);
  Relation rows{quarantine_fields(), {}};
  while (auto batch = stream->next()) rows.batches.push_back(from_arrow(batch));
  return rows;
}

Relation bad_rows_relation(const std::vector<formats::BadRow>& rows, const std::string& run) {
  Relation relation{quarantine_fields(), {}};
  if (rows.empty()) return relation;
  auto texts = [&](std::string formats::BadRow::*member) {
    return text_column(rows.size(), [&](size_t row) { return rows[row].*member; });
  };
  Batch batch;
  batch.rows = rows.size();
  batch.columns = {texts(&formats::BadRow::source),
                   constant(TypeId::kVarchar, {}),
                   texts(&formats::BadRow::file),
                   number_column(rows, &formats::BadRow::line),
                   number_column(rows, &formats::BadRow::offset),
                   texts(&formats::BadRow::reason),
                   texts(&formats::BadRow::text),
                   constant(TypeId::kVarchar, run)};
  relation.batches.push_back(std::move(batch));
  return relation;
}

Relation held_rows_relation(const std::string& step, const Relation& held, const std::string& run) {
  if (held.rows() > limits::kBadRows)
    fail(ErrorCode::kLimit,
         fmt::format("step `{}`: checks hold {} rows back, and at most {} can be", step, held.rows(), limits::kBadRows),
         "look at the checks, or give them `severity: fail`");
  Relation relation{quarantine_fields(), {}};
  std::vector<Field> fields(held.fields.begin(), held.fields.end() - 1);
  for (const Batch& batch : held.batches) {
    if (batch.rows == 0) continue;
    const Column& reason = batch.columns.back();
    Batch made;
    made.rows = batch.rows;
    made.columns = {constant(TypeId::kVarchar, {}),
                    constant(TypeId::kVarchar, step),
                    constant(TypeId::kVarchar, {}),
                    constant(TypeId::kBigint, {}),
                    constant(TypeId::kBigint, {}),
                    text_column(batch.rows, [&](size_t row) { return std::string(reason.text(row)); }),
                    text_column(batch.rows, [&](size_t row) { return lake::json_of_row(fields, batch, row); }),
                    constant(TypeId::kVarchar, run)};
    relation.batches.push_back(std::move(made));
  }
  return relation;
}

}  // namespace segue::runs
