// DuckDB's C objects, owned.
#pragma once

#include <utility>

#include <duckdb.h>

namespace segue::duckdb {

// Holds one C object and destroys it by its own function.
template <class T, void (*Destroy)(T*)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(T object) : object_(object) {}
  Handle(Handle&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Handle() {
    if (object_ != nullptr) Destroy(&object_);
  }
  T get() const { return object_; }
  // For functions that fill it. REQUIRES: it is empty.
  T* out() { return &object_; }
  explicit operator bool() const { return object_ != nullptr; }
  T release() { return std::exchange(object_, nullptr); }

 private:
  T object_ = nullptr;
};

using DatabaseHandle = Handle<duckdb_database, duckdb_close>;
using Connection = Handle<duckdb_connection, duckdb_disconnect>;
using Config = Handle<duckdb_config, duckdb_destroy_config>;
using Prepared = Handle<duckdb_prepared_statement, duckdb_destroy_prepare>;
using Extracted = Handle<duckdb_extracted_statements, duckdb_destroy_extracted>;
using Pending = Handle<duckdb_pending_result, duckdb_destroy_pending>;
using Chunk = Handle<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using LogicalType = Handle<duckdb_logical_type, duckdb_destroy_logical_type>;
using ErrorData = Handle<duckdb_error_data, duckdb_destroy_error_data>;
using ArrowOptionsHandle = Handle<duckdb_arrow_options, duckdb_destroy_arrow_options>;

// A result is a plain struct in C: what it holds is freed by the struct's address.
class Result {
 public:
  Result() = default;
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  ~Result() { duckdb_destroy_result(&result_); }
  duckdb_result* get() { return &result_; }

 private:
  duckdb_result result_{};
};

}  // namespace segue::duckdb
