#include "duckdb/duckdb_engine.h"

#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "duckdb/instance.h"
#include "duckdb/table_function.h"
#include "duckdb/types.h"
#include "duckdb/vectors.h"

namespace segue::duckdb {

namespace {

std::vector<Field> fields_of(duckdb_result& result) {
  std::vector<Field> fields;
  for (idx_t i = 0; i < duckdb_column_count(&result); ++i) {
    LogicalType logical(duckdb_column_logical_type(&result, i));
    std::optional<Type> type = from_duckdb(logical.get());
    const char* name = duckdb_column_name(&result, i);
    if (!type || !lake_type(*type)) {
      fail(ErrorCode::kInternal, fmt::format("column `{}` comes from DuckDB as {}", name, describe(logical.get())));
    }
    fields.push_back({name, std::move(*type)});
  }
  return fields;
}

}  // namespace

struct Engine::Impl {
  explicit Impl(const EngineOptions& options)
      : instance({options.threads, options.memory, options.temporary_folder, {}}),
        tables(instance.connection(), options.threads) {}

  // Views over the inputs, by the names that the query has for them. They go when this does.
  class Inputs {
   public:
    Inputs(Impl& impl, const std::map<std::string, const Relation*>& inputs) : impl_(impl) {
      for (const auto& [name, relation] : inputs) {
        sources_.push_back(make_table_source(*relation));
        size_t index = impl.tables.add(*sources_.back(), true);
        impl.instance.execute(
            fmt::format("CREATE OR REPLACE VIEW {} AS SELECT * FROM segue_table({})", quote_name(name), index));
        names_.push_back(name);
      }
    }
    ~Inputs() {
      for (const std::string& name : names_) {
        Result dropped;  // an error would only leave a view behind that the next run replaces
        duckdb_query(impl_.instance.connection(), fmt::format("DROP VIEW {}", quote_name(name)).c_str(), dropped.get());
      }
      impl_.tables.clear();
    }
    Inputs(const Inputs&) = delete;
    Inputs& operator=(const Inputs&) = delete;

   private:
    Impl& impl_;
    std::vector<std::unique_ptr<TableSource>> sources_;
    std::vector<std::string> names_;
  };

  Instance instance;
  TableFunction tables;
};

Engine::Engine(EngineOptions options) : impl_(std::make_unique<Impl>(options)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Relation Engine::run(const std::string& text, const std::map<std::string, const Relation*>& inputs,
                     const Cancellation& cancellation) {
  cancellation.check();
  Impl::Inputs views(*impl_, inputs);
  auto result = std::make_shared<Result>();
  {
    Interrupter interrupter(impl_->instance.connection(), cancellation);
    if (duckdb_query(impl_->instance.connection(), text.c_str(), result->get()) != DuckDBSuccess) {
      cancellation.check();
      impl_->tables.rethrow();
      fail_run(Instance::parse_error(duckdb_result_error(result->get())), cancellation);
    }
  }
  Relation relation;
  relation.fields = fields_of(*result->get());
  // A chunk keeps its own memory alive: neither the result nor the database is needed any more.
  while (Chunk chunk{duckdb_fetch_chunk(*result->get())}) {
    cancellation.check();
    if (duckdb_data_chunk_get_size(chunk.get()) == 0) break;
    relation.batches.push_back(read_chunk(std::make_shared<const Chunk>(std::move(chunk)), relation.fields));
    relation.batches.back().sequence = relation.batches.size() - 1;
  }
  return relation;
}

}  // namespace segue::duckdb
