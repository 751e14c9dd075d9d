#include "duckdb/answers.h"

#include <algorithm>

#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "base/suggestion.h"
#include "duckdb/explain_error.h"
#include "duckdb/handle.h"
#include "duckdb/instance.h"
#include "duckdb/streaming.h"
#include "duckdb/tokens.h"
#include "duckdb/types.h"

namespace segue::duckdb {

Place place_of(const std::string& text, uint64_t position) {
  Place place{"<sql>", 1, 1, 0};
  for (size_t i = 0; i < std::min<uint64_t>(position, text.size()); ++i) {
    if (text[i] == '\n') {
      ++place.line;
      place.column = 1;
    } else if (begins_code_point(text[i])) {
      ++place.column;
    }
  }
  return place;
}

namespace {

// Errors of these types are the text's, not the data's.
bool of_the_text(const std::string& type) {
  for (const char* one : {"Parser", "Binder", "Catalog", "Syntax", "Invalid Input", "Not implemented", "Permission",
                          "Settings", "Parameter Not Resolved", "Parameter Not Allowed"}) {
    if (type == one) return true;
  }
  return false;
}

// What is known where a mistake is explained.
struct Known {
  std::vector<std::string> tables;
  ColumnsHere columns_here = [](const std::string&) { return std::vector<std::string>(); };
};

[[noreturn]] void fail_query(const DuckdbError& error, const std::string& text, const Cancellation& cancellation,
                             const Known& known = {}) {
  if (!of_the_text(error.type)) fail_run(error, cancellation);
  Explained explained = explain_error(error.details, known.columns_here);
  if (explained.message.empty()) explained.message = error.message;
  Error result{ErrorCode::kUsage, std::move(explained.message), {}, std::move(explained.hint)};
  if (error.position != kNoPosition) {
    uint64_t position = error.code_points ? byte_of_code_point(text, error.position) : error.position;
    result.place = place_of(text, position);
    std::vector<Token> tokens = tokenize(text);
    result.place.length = token_length(text, tokens, position);
    if (text_at(error.details, "error_subtype") == "MISSING_ENTRY" && text_at(error.details, "type") == "Table") {
      std::string table = text.substr(position, result.place.length);
      result.message = fmt::format("unknown table `{}`", table);
      result.hint = suggest(table, known.tables, "tables and sources");
    }
  }
  throw Failure(std::move(result));
}

class DuckdbStream : public ResultStream {
 public:
  DuckdbStream(duckdb_connection connection, TableFunction& functions, Prepared statement, std::string text,
               const Cancellation& cancellation)
      : functions_(functions),
        cancellation_(cancellation),
        text_(std::move(text)),
        statement_(std::move(statement)),
        interrupter_(std::make_unique<Interrupter>(connection, cancellation)) {
    if (execute_streaming(statement_.get(), result_.get()) != DuckDBSuccess)
      fail_now(duckdb_result_error(result_.get()));
    options_ = ArrowOptionsHandle(duckdb_result_get_arrow_options(result_.get()));
    make_schema();
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  const std::vector<std::pair<std::string, std::string>>& columns() const override { return columns_; }

  std::shared_ptr<arrow::RecordBatch> next() override {
    if (done_) return nullptr;
    cancellation_.check();
    Chunk chunk(duckdb_fetch_chunk(*result_.get()));
    if (!chunk) {
      const char* error = duckdb_result_error(result_.get());
      if (error != nullptr && *error != '\0') fail_now(error);
    }
    if (!chunk || duckdb_data_chunk_get_size(chunk.get()) == 0) {
      done_ = true;
      return nullptr;
    }
    ArrowArray array{};
    ErrorData error(duckdb_data_chunk_to_arrow(options_.get(), chunk.get(), &array));
    check(error);
    auto batch = arrow::ImportRecordBatch(&array, schema_);
    if (!batch.ok()) fail(ErrorCode::kInternal, "Arrow: " + batch.status().ToString());
    return *batch;
  }

 private:
  [[noreturn]] void fail_now(const char* error) {
    cancellation_.check();
    functions_.rethrow();
    fail_query(Instance::parse_error(error), text_, cancellation_);
  }

  static void check(const ErrorData& error) {
    if (error && duckdb_error_data_has_error(error.get()))
      fail(ErrorCode::kInternal, duckdb_error_data_message(error.get()));
  }

  void make_schema() {
    std::vector<LogicalType> types;
    std::vector<duckdb_logical_type> raw;
    std::vector<const char*> names;
    for (idx_t i = 0; i < duckdb_column_count(result_.get()); ++i) {
      types.emplace_back(duckdb_column_logical_type(result_.get(), i));
      raw.push_back(types.back().get());
      names.push_back(duckdb_column_name(result_.get(), i));
      columns_.emplace_back(names.back(), describe(raw.back()));
    }
    ArrowSchema schema{};
    ErrorData error(duckdb_to_arrow_schema(options_.get(), raw.data(), names.data(), raw.size(), &schema));
    check(error);
    auto imported = arrow::ImportSchema(&schema);
    if (!imported.ok()) fail(ErrorCode::kInternal, "Arrow: " + imported.status().ToString());
    schema_ = *imported;
  }

  TableFunction& functions_;
  const Cancellation& cancellation_;
  std::string text_;
  Prepared statement_;
  Result result_;
  ArrowOptionsHandle options_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::pair<std::string, std::string>> columns_;
  bool done_ = false;
  std::unique_ptr<Interrupter> interrupter_;  // last: it ends before what it interrupts
};

// What it does is not told by its first word alone: `WITH … INSERT` is no query.
enum class Effect { kRows, kNone, kChange };

Effect effect_of(duckdb_prepared_statement statement) {
  switch (duckdb_prepared_statement_type(statement)) {
    case DUCKDB_STATEMENT_TYPE_SELECT:
    case DUCKDB_STATEMENT_TYPE_EXPLAIN:
    case DUCKDB_STATEMENT_TYPE_PRAGMA:
    case DUCKDB_STATEMENT_TYPE_RELATION: return Effect::kRows;
    // Of a PIVOT DuckDB makes several: types that live as long as its SELECT. Whoever writes these is refused before.
    case DUCKDB_STATEMENT_TYPE_CREATE:
    case DUCKDB_STATEMENT_TYPE_DROP: return Effect::kNone;
    default: return Effect::kChange;
  }
}

class DuckdbAnswers : public Answers {
 public:
  DuckdbAnswers(const AnswerTools& tools, std::string text, nlohmann::json parsed, std::vector<std::string> tables,
                const Cancellation& cancellation)
      : tools_(tools),
        text_(std::move(text)),
        parsed_(std::move(parsed)),
        tables_(std::move(tables)),
        cancellation_(cancellation) {
    count_ = duckdb_extract_statements(tools_.connection, text_.c_str(), statements_.out());
    if (count_ != 0) return;
    const char* error = duckdb_extract_statements_error(statements_.get());
    if (error == nullptr) fail(ErrorCode::kUsage, "there is no SQL here", "write a SELECT");
    fail_query(Instance::parse_error(error), text_, cancellation_);
  }

  std::unique_ptr<ResultStream> next() override {
    while (at_ < count_) {
      Prepared prepared;
      if (duckdb_prepare_extracted_statement(tools_.connection, statements_.get(), at_++, prepared.out()) !=
          DuckDBSuccess)
        fail_prepare(Instance::parse_error(duckdb_prepare_error(prepared.get())));
      Effect effect = effect_of(prepared.get());
      if (effect == Effect::kChange)
        fail(ErrorCode::kUsage, "this is no query, and ad-hoc SQL only reads", "write a SELECT");
      auto stream = std::make_unique<DuckdbStream>(tools_.connection, tools_.functions, std::move(prepared), text_,
                                                   cancellation_);
      if (effect == Effect::kRows) return stream;
    }
    return nullptr;
  }

 private:
  [[noreturn]] void fail_prepare(const DuckdbError& error) {
    Known known;
    known.tables = tables_;
    known.columns_here = [&](const std::string& table) {
      return error.position == kNoPosition ? std::vector<std::string>()
                                           : tools_.parser.columns_at(parsed_, error.position, table);
    };
    fail_query(error, text_, cancellation_, known);
  }

  AnswerTools tools_;
  std::string text_;
  nlohmann::json parsed_;
  std::vector<std::string> tables_;
  const Cancellation& cancellation_;
  Extracted statements_;
  idx_t count_ = 0;
  idx_t at_ = 0;
};

}  // namespace

std::unique_ptr<Answers> make_answers(const AnswerTools& tools, std::string text, nlohmann::json parsed,
                                      std::vector<std::string> tables, const Cancellation& cancellation) {
  return std::make_unique<DuckdbAnswers>(tools, std::move(text), std::move(parsed), std::move(tables), cancellation);
}

}  // namespace segue::duckdb
