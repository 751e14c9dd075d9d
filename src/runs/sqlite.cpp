#include "runs/sqlite.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"

namespace segue::runs {

Sqlite::Sqlite(std::string path) : path_(std::move(path)) {
  int code = sqlite3_open_v2(path_.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                             nullptr);
  if (code != SQLITE_OK) {
    std::string reason = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    sqlite3_close(handle_);
    fail(ErrorCode::kIo, fmt::format("cannot open the record of runs {}: {}", path_, reason));
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, 10'000);
}

Sqlite::~Sqlite() { sqlite3_close(handle_); }

void Sqlite::fail_with(int code) const {
  std::string hint;
  // On a full disk SQLite often says but "disk I/O error".
  std::error_code unknown;
  std::filesystem::space_info space = std::filesystem::space(std::filesystem::path(path_).parent_path(), unknown);
  bool full = (code & 0xFF) == SQLITE_FULL || ((code & 0xFF) == SQLITE_IOERR && !unknown && space.available < 65'536);
  if (full)
    fail(ErrorCode::kIo, fmt::format("the record of runs {}: the disk is full", path_), "free some space on it");
  if ((code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB)
    hint = "remove the file to begin a new history; tables of the lake do not depend on it";
  fail(ErrorCode::kIo, fmt::format("the record of runs {}: {}", path_, sqlite3_errmsg(handle_)), hint);
}

void Sqlite::execute(const char* sql) {
  if (int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr); code != SQLITE_OK) fail_with(code);
}

Statement::Statement(Sqlite& database, const char* sql) : database_(database) {
  if (int code = sqlite3_prepare_v2(database.handle(), sql, -1, &statement_, nullptr); code != SQLITE_OK)
    database.fail_with(code);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(const std::string& text) {
  sqlite3_bind_text(statement_, ++parameter_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind(int64_t number) {
  sqlite3_bind_int64(statement_, ++parameter_, number);
  return *this;
}

Statement& Statement::bind(double number) {
  sqlite3_bind_double(statement_, ++parameter_, number);
  return *this;
}

Statement& Statement::bind(const std::optional<double>& number) {
  if (number) return bind(*number);
  sqlite3_bind_null(statement_, ++parameter_);
  return *this;
}

bool Statement::step() {
  int code = sqlite3_step(statement_);
  column_ = 0;
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail_with(code);
  return false;
}

void Statement::run() {
  step();
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  parameter_ = 0;
}

std::string Statement::text() {
  int column = column_++;
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes == nullptr ? std::string()
                          : std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

bool Statement::null() const { return sqlite3_column_type(statement_, column_) == SQLITE_NULL; }
int64_t Statement::number() { return sqlite3_column_int64(statement_, column_++); }
double Statement::real() { return sqlite3_column_double(statement_, column_++); }

std::optional<double> Statement::optional_real() {
  if (!null()) return real();
  ++column_;
  return std::nullopt;
}

Transaction::Transaction(Sqlite& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace segue::runs
