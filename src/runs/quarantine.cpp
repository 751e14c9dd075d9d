#include "runs/quarantine.h"

#include "base/memory.h"
#include "columns/value.h"

namespace segue::runs {
namespace {

// The rows' texts and views of them: what the columns point into.
struct Texts {
  std::vector<formats::BadRow> rows;
  std::string run;
  std::vector<std::vector<std::string_view>> views;
};

Column text_column(const std::shared_ptr<Texts>& texts, const std::string formats::BadRow::*member) {
  std::vector<std::string_view>& views = texts->views.emplace_back();
  for (const formats::BadRow& row : texts->rows) views.emplace_back(row.*member);
  Column column;
  column.type = TypeId::kVarchar;
  column.values = views.data();
  column.owner = texts;
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
  return {{"source", TypeId::kVarchar},     {"file", TypeId::kVarchar},   {"line", TypeId::kBigint},
          {"byte_offset", TypeId::kBigint}, {"reason", TypeId::kVarchar}, {"text", TypeId::kVarchar},
          {"run", TypeId::kVarchar}};
}

Relation quarantine_rows(const std::vector<formats::BadRow>& rows, const std::string& run) {
  Relation relation{quarantine_fields(), {}};
  if (rows.empty()) return relation;
  auto texts = std::make_shared<Texts>(Texts{rows, run, {}});
  Batch batch;
  batch.rows = rows.size();
  batch.columns.push_back(text_column(texts, &formats::BadRow::source));
  batch.columns.push_back(text_column(texts, &formats::BadRow::file));
  batch.columns.push_back(number_column(rows, &formats::BadRow::line));
  batch.columns.push_back(number_column(rows, &formats::BadRow::offset));
  batch.columns.push_back(text_column(texts, &formats::BadRow::reason));
  batch.columns.push_back(text_column(texts, &formats::BadRow::text));
  Value id;
  id.type = TypeId::kVarchar;
  id.data = run;
  batch.columns.push_back(constant_column(id));
  relation.batches.push_back(std::move(batch));
  return relation;
}

}  // namespace segue::runs
