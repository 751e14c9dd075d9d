#include "runs/records.h"

#include <memory>

#include "base/error.h"
#include "base/limits.h"

namespace segue::runs {
namespace {

// One column, filled row by row and then handed on.
class Filling {
 public:
  explicit Filling(TypeId type) : type_(type) {}

  void add(Statement& row) {
    bool null = row.null();
    data_->valid.push_back(null ? 0 : 1);
    switch (type_) {
      case TypeId::kVarchar: data_->texts.push_back(row.text()); break;
      case TypeId::kDouble: data_->reals.push_back(row.real()); break;
      case TypeId::kBoolean: data_->flags.push_back(row.number() != 0 ? 1 : 0); break;
      default: data_->numbers.push_back(row.number());
    }
  }

  Column finish() {
    Column column;
    column.type = type_;
    column.valid = data_->valid.data();
    switch (type_) {
      case TypeId::kVarchar:
        data_->views.assign(data_->texts.begin(), data_->texts.end());
        column.values = data_->views.data();
        break;
      case TypeId::kDouble: column.values = data_->reals.data(); break;
      case TypeId::kBoolean: column.values = data_->flags.data(); break;
      default: column.values = data_->numbers.data();
    }
    column.owner = std::exchange(data_, std::make_shared<Data>());
    return column;
  }

 private:
  struct Data {
    std::vector<uint8_t> valid;
    std::vector<std::string> texts;
    std::vector<std::string_view> views;
    std::vector<double> reals;
    std::vector<uint8_t> flags;
    std::vector<int64_t> numbers;
  };
  TypeId type_;
  std::shared_ptr<Data> data_ = std::make_shared<Data>();
};

}  // namespace

const std::vector<RecordTable>& record_tables() {
  constexpr TypeId text = TypeId::kVarchar, number = TypeId::kBigint, real = TypeId::kDouble, flag = TypeId::kBoolean,
                   time = TypeId::kTimestamp;
  static const std::vector<RecordTable> tables{
      {"runs",
       {{"run", text},
        {"pipeline", text},
        {"state", text},
        {"started_at", time},
        {"ended_at", time},
        {"seconds", real},
        {"compute_seconds", real},
        {"publish_seconds", real},
        {"rows_read", number},
        {"bytes_read", number},
        {"spilled_bytes", number},
        {"engine", text},
        {"threads", number},
        {"version", text},
        {"host", text},
        {"process", number}},
       "SELECT id, pipeline, state, started_at, nullif(ended_at, 0), (nullif(ended_at, 0) - started_at) / 1e6, "
       "compute_seconds, publish_seconds, rows_read, bytes_read, spilled_bytes, engine, threads, version, host, "
       "process "
       "FROM runs ORDER BY started_at, id"},
      {"check_results",
       {{"run", text},
        {"pipeline", text},
        {"started_at", time},
        {"step", text},
        {"kind", text},
        {"name", text},
        {"severity", text},
        {"passed", flag},
        {"failing", number},
        {"rows", number},
        {"observed", text},
        {"message", text},
        {"samples", text},
        {"file", text},
        {"line", number}},
       "SELECT run, pipeline, started_at, step, kind, name, severity, passed, failing, rows, nullif(observed, ''), "
       "nullif(message, ''), CASE WHEN passed THEN NULL ELSE samples END, file, line FROM checks JOIN runs ON run = id "
       "ORDER BY started_at, id, position"},
      {"steps",
       {{"run", text},
        {"pipeline", text},
        {"started_at", time},
        {"step", text},
        {"is_view", flag},
        {"engine", text},
        {"reason", text},
        {"rows", number},
        {"held_rows", number},
        {"files", text},
        {"computed", flag},
        {"why", text},
        {"seconds", real}},
       "SELECT run, pipeline, started_at, name, view, steps.engine, nullif(reason, ''), rows, held_rows, "
       "nullif(files, ''), computed, nullif(why, ''), seconds FROM steps JOIN runs ON run = id ORDER BY started_at, "
       "id, position"},
      {"published",
       {{"run", text},
        {"pipeline", text},
        {"started_at", time},
        {"name", text},
        {"version", number},
        {"rows", number},
        {"bytes", number},
        {"files", number}},
       "SELECT run, pipeline, started_at, name, tables.version, rows, bytes, files FROM tables JOIN runs ON run = id "
       "ORDER BY started_at, id, position"},
      {"params",
       {{"run", text}, {"pipeline", text}, {"name", text}, {"value", text}},
       "SELECT run, pipeline, name, value FROM params JOIN runs ON run = id ORDER BY started_at, id, name"},
      {"errors",
       {{"run", text},
        {"pipeline", text},
        {"started_at", time},
        {"message", text},
        {"hint", text},
        {"file", text},
        {"line", number}},
       "SELECT run, pipeline, started_at, message, nullif(hint, ''), nullif(file, ''), nullif(line, 0) FROM errors "
       "JOIN "
       "runs ON run = id ORDER BY started_at, id, position"},
  };
  return tables;
}

Relation read_relation(Statement& rows, const std::vector<Field>& fields) {
  Relation relation{fields, {}};
  std::vector<Filling> columns;
  for (const Field& field : fields) columns.emplace_back(field.type.id);
  size_t count = 0;
  auto hand_on = [&] {
    Batch batch;
    batch.rows = std::exchange(count, 0);
    for (Filling& column : columns) batch.columns.push_back(column.finish());
    relation.batches.push_back(std::move(batch));
  };
  while (rows.step()) {
    for (Filling& column : columns) column.add(rows);
    if (++count == limits::kBatchRows) hand_on();
  }
  if (count != 0) hand_on();
  return relation;
}

}  // namespace segue::runs
