#include "duckdb/table_function.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <exception>
#include <mutex>

#include "base/error.h"
#include "duckdb/handle.h"
#include "duckdb/types.h"
#include "duckdb/vectors.h"

namespace segue::duckdb {

struct TableFunction::Registry {
  struct Entry {
    TableSource* source = nullptr;
    bool strings_stay = false;
  };
  size_t workers = 1;
  std::vector<Entry> entries;
  std::mutex lock;
  std::exception_ptr failure;  // guarded by lock

  void keep(std::exception_ptr thrown) {
    std::lock_guard held(lock);
    if (!failure) failure = std::move(thrown);
  }
};

namespace {

using Registry = TableFunction::Registry;

// One reading of a table by a query, shared by its threads.
struct Scan {
  Registry* registry = nullptr;
  bool strings_stay = false;
  std::unique_ptr<Reading> reading;
  std::vector<size_t> outputs;  // of each column read: where it goes in DuckDB's chunk
  std::atomic<size_t> next_morsel{0};
  std::atomic<size_t> next_worker{0};
};

struct LocalScan {
  size_t worker = 0;
  std::deque<Batch> batches;
  size_t row = 0;  // of the first batch
};

template <class T>
void destroy(void* object) {
  delete static_cast<T*>(object);
}

// No exception may pass through DuckDB's C frames: it becomes an error of the query, and is kept to be thrown again
// behind it.
template <class SetError, class Body>
void guarded(Registry* registry, const SetError& set_error, const Body& body) {
  try {
    body();
  } catch (const std::exception& error) {
    registry->keep(std::current_exception());
    set_error(error.what());
  }
}

void bind(duckdb_bind_info info) {
  auto registry = static_cast<Registry*>(duckdb_bind_get_extra_info(info));
  guarded(
      registry, [&](const char* text) { duckdb_bind_set_error(info, text); },
      [&] {
        Handle<duckdb_value, duckdb_destroy_value> parameter(duckdb_bind_get_parameter(info, 0));
        auto index = static_cast<uint64_t>(duckdb_get_int64(parameter.get()));
        if (index >= registry->entries.size()) return duckdb_bind_set_error(info, "there is no such table");
        TableSource& source = *registry->entries[index].source;
        for (const Field& field : source.fields())
          duckdb_bind_add_result_column(info, field.name.c_str(), to_duckdb(field.type).get());
        if (std::optional<uint64_t> rows = source.rows()) duckdb_bind_set_cardinality(info, *rows, true);
        duckdb_bind_set_bind_data(info, &registry->entries[index], nullptr);
      });
}

void init(duckdb_init_info info) {
  auto registry = static_cast<Registry*>(duckdb_init_get_extra_info(info));
  guarded(
      registry, [&](const char* text) { duckdb_init_set_error(info, text); },
      [&] {
        auto entry = static_cast<Registry::Entry*>(duckdb_init_get_bind_data(info));
        auto scan = std::make_unique<Scan>();
        scan->registry = registry;
        scan->strings_stay = entry->strings_stay;
        std::vector<size_t> columns;
        for (idx_t i = 0; i < duckdb_init_get_column_count(info); ++i) {
          // Where only rows count, DuckDB asks for a column that is none.
          idx_t column = duckdb_init_get_column_index(info, i);
          if (column >= entry->source->fields().size()) continue;
          columns.push_back(column);
          scan->outputs.push_back(i);
        }
        scan->reading = entry->source->open(columns, registry->workers);
        duckdb_init_set_max_threads(info, std::clamp<size_t>(scan->reading->morsels(), 1, registry->workers));
        duckdb_init_set_init_data(info, scan.release(), destroy<Scan>);
      });
}

// DuckDB gives this the bind data but not the scan, so a thread gets its number at its first chunk.
void local_init(duckdb_init_info info) {
  auto local = std::make_unique<LocalScan>();
  local->worker = SIZE_MAX;
  duckdb_init_set_init_data(info, local.release(), destroy<LocalScan>);
}

void fill(Scan& scan, LocalScan& local, duckdb_data_chunk output) {
  if (local.worker == SIZE_MAX) {
    local.worker = scan.next_worker.fetch_add(1);
    SEGUE_ASSERT(local.worker < scan.registry->workers);
  }
  while (local.batches.empty()) {
    size_t morsel = scan.next_morsel.fetch_add(1);
    if (morsel >= scan.reading->morsels()) return duckdb_data_chunk_set_size(output, 0);
    scan.reading->read(local.worker, morsel, [&](Batch&& batch) {
      if (batch.rows != 0) local.batches.push_back(std::move(batch));
    });
  }
  const Batch& batch = local.batches.front();
  size_t count = std::min<size_t>(batch.rows - local.row, duckdb_vector_size());
  for (size_t i = 0; i < scan.outputs.size(); ++i) {
    write_vector(duckdb_data_chunk_get_vector(output, scan.outputs[i]), batch.columns[i], local.row, count,
                 scan.strings_stay);
  }
  duckdb_data_chunk_set_size(output, count);
  local.row += count;
  if (local.row == batch.rows) {
    local.batches.pop_front();
    local.row = 0;
  }
}

void read(duckdb_function_info info, duckdb_data_chunk output) {
  auto scan = static_cast<Scan*>(duckdb_function_get_init_data(info));
  auto local = static_cast<LocalScan*>(duckdb_function_get_local_init_data(info));
  guarded(
      scan->registry, [&](const char* text) { duckdb_function_set_error(info, text); },
      [&] { fill(*scan, *local, output); });
}

}  // namespace

TableFunction::TableFunction(duckdb_connection connection, size_t workers) : registry_(std::make_unique<Registry>()) {
  registry_->workers = workers;
  Handle<duckdb_table_function, duckdb_destroy_table_function> function(duckdb_create_table_function());
  duckdb_table_function_set_name(function.get(), "segue_table");
  duckdb_table_function_add_parameter(function.get(),
                                      LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT)).get());
  duckdb_table_function_set_extra_info(function.get(), registry_.get(), nullptr);
  duckdb_table_function_set_bind(function.get(), bind);
  duckdb_table_function_set_init(function.get(), init);
  duckdb_table_function_set_local_init(function.get(), local_init);
  duckdb_table_function_set_function(function.get(), read);
  duckdb_table_function_supports_projection_pushdown(function.get(), true);
  if (duckdb_register_table_function(connection, function.get()) != DuckDBSuccess) {
    fail(ErrorCode::kInternal, "segue_table cannot be registered in DuckDB");
  }
}

TableFunction::~TableFunction() = default;
TableFunction::TableFunction(TableFunction&&) noexcept = default;
TableFunction& TableFunction::operator=(TableFunction&&) noexcept = default;

size_t TableFunction::add(TableSource& source, bool strings_stay) {
  registry_->entries.push_back({&source, strings_stay});
  return registry_->entries.size() - 1;
}

void TableFunction::clear() { registry_->entries.clear(); }

void TableFunction::rethrow() {
  std::exception_ptr failure;
  {
    std::lock_guard held(registry_->lock);
    std::swap(failure, registry_->failure);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace segue::duckdb
