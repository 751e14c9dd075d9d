#include "duckdb/instance.h"

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "columns/value.h"
#include "duckdb/explain_error.h"
#include "duckdb/literal.h"
#include "duckdb/session_number.h"

namespace segue::duckdb {

namespace {

// How our SQL computes, whatever the defaults of the DuckDB at hand: part of what a pipeline means.
constexpr const char* kSemantics[] = {
    "SET TimeZone = 'UTC'",
    "SET Calendar = 'gregorian'",
    "SET default_null_order = 'NULLS_LAST'",
    "SET default_order = 'ASC'",
    "SET default_collation = ''",
    "SET integer_division = false",
    "SET ieee_floating_point_ops = true",
    "SET old_implicit_casting = false",
    "SET order_by_non_integer_literal = false",
    "SET scalar_subquery_error_on_multiple_rows = true",
    "SET preserve_identifier_case = true",
    "SET preserve_insertion_order = true",
    // Errors with their position apart from the message.
    "SET errors_as_json = true",
    "SET enable_progress_bar = false",
};

// What it may touch. Order matters: what reads the outside is closed before the configuration is locked.
constexpr const char* kLocks[] = {
    "SET autoinstall_known_extensions = false", "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",   "SET allow_persistent_secrets = false",
    "SET enable_external_access = false",       "SET lock_configuration = true",
};

std::string text_literal(const std::string& text) { return literal(Value{TypeId::kVarchar, text}); }

}  // namespace

Instance::Instance(const InstanceOptions& options) {
  Config config;
  if (duckdb_create_config(config.out()) != DuckDBSuccess) fail(ErrorCode::kInternal, "DuckDB does not start");
  // threads and the temporary folder are set at the start: the folder may not be changed any more once access is
  // closed.
  duckdb_set_config(config.get(), "threads", std::to_string(options.threads).c_str());
  duckdb_set_config(config.get(), "temp_directory", options.temporary_folder.c_str());
  if (options.memory != 0) duckdb_set_config(config.get(), "memory_limit", fmt::format("{}B", options.memory).c_str());
  char* error = nullptr;
  if (duckdb_open_ext(nullptr, database_.out(), config.get(), &error) != DuckDBSuccess) {
    std::string message = fmt::format("DuckDB does not start: {}", error == nullptr ? "no reason given" : error);
    duckdb_free(error);
    fail(ErrorCode::kInternal, message);
  }
  if (duckdb_connect(database_.get(), connection_.out()) != DuckDBSuccess)
    fail(ErrorCode::kInternal, "DuckDB takes no connection");
  for (const char* statement : kSemantics) execute(statement);
  allow("allowed_paths", options.readable_files);
  allow("allowed_directories", options.readable_folders);
  for (const char* statement : kLocks) execute(statement);
  register_session_number(connection_.get());
}

void Instance::allow(const char* setting, const std::vector<std::filesystem::path>& paths) {
  if (paths.empty()) return;
  std::string list;
  for (const auto& path : paths) list += (list.empty() ? "" : ", ") + text_literal(path.string());
  execute(fmt::format("SET {} = [{}]", setting, list));
}

void Instance::execute(const std::string& sql, ErrorCode code) {
  Result result;
  if (duckdb_query(connection_.get(), sql.c_str(), result.get()) != DuckDBSuccess) {
    fail(code, parse_error(duckdb_result_error(result.get())).message);
  }
}

DuckdbError Instance::parse_error(const char* text) {
  DuckdbError error;
  if (text == nullptr) return error;
  // {"exception_type":"Binder","exception_message":"…","position":"7"}; some calls put words before it.
  const char* brace = std::strchr(text, '{');
  nlohmann::json parsed = nlohmann::json::parse(brace == nullptr ? text : brace, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("exception_message")) {
    error.message = text;
    return error;
  }
  error.type = parsed.value("exception_type", "");
  error.message = parsed.value("exception_message", "");
  if (auto position = parsed.find("position"); position != parsed.end() && position->is_string()) {
    error.position = std::strtoull(position->get_ref<const std::string&>().c_str(), nullptr, 10);
    error.code_points = parsed.value("error_subtype", "") == "SYNTAX_ERROR";
  }
  error.details = std::move(parsed);
  return error;
}

struct Interrupter::Watch {
  std::mutex lock;
  std::condition_variable wake;
  bool done = false;
  std::thread thread;
};

Interrupter::Interrupter(duckdb_connection connection, const Cancellation& cancellation)
    : watch_(std::make_unique<Watch>()) {
  watch_->thread = std::thread([watch = watch_.get(), connection, &cancellation] {
    // Interrupts again and again: one that comes before the query has begun is lost.
    std::unique_lock held(watch->lock);
    while (!watch->wake.wait_for(held, std::chrono::milliseconds(50), [&] { return watch->done; })) {
      if (cancellation.requested()) duckdb_interrupt(connection);
    }
  });
}

Interrupter::~Interrupter() {
  {
    std::lock_guard held(watch_->lock);
    watch_->done = true;
  }
  watch_->wake.notify_one();
  watch_->thread.join();
}

void fail_run(const DuckdbError& error, const Cancellation& cancellation) {
  cancellation.check();
  if (error.type == "INTERRUPT") fail(ErrorCode::kCancelled, "stopped");
  if (error.type == "Out of Memory") {
    fail(ErrorCode::kLimit, "DuckDB's share of the memory does not suffice", "give the run more memory with --memory");
  }
  if (error.type == "IO") fail(ErrorCode::kIo, error.message);
  if (error.type == "INTERNAL" || error.type == "FATAL") fail(ErrorCode::kInternal, "DuckDB: " + error.message);
  Explained explained = explain_error(error.details, [](const std::string&) { return std::vector<std::string>(); });
  if (explained.message.empty()) explained.message = error.message;
  throw QueryFailure(Error{ErrorCode::kData, std::move(explained.message), {}, std::move(explained.hint)},
                     error.position);
}

}  // namespace segue::duckdb
