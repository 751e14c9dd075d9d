// SQLite's C interface, made safe: statements that end themselves, errors that are thrown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sqlite3.h>

namespace segue::runs {

// One connection. Used from one thread.
class Sqlite {
 public:
  // Opens or makes the file; waits up to ten seconds for other processes' locks.
  explicit Sqlite(std::string path);
  ~Sqlite();
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  // One or more statements without parameters.
  void execute(const char* sql);
  [[noreturn]] void fail_with(int code) const;
  sqlite3* handle() const { return handle_; }

 private:
  std::string path_;
  sqlite3* handle_ = nullptr;
};

// A prepared statement; parameters are bound in order, columns read in order.
class Statement {
 public:
  Statement(Sqlite& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(const std::string& text);
  Statement& bind(const char* text) { return bind(std::string(text)); }
  Statement& bind(int64_t number);
  Statement& bind(uint64_t number) { return bind(static_cast<int64_t>(number)); }
  Statement& bind(int number) { return bind(int64_t{number}); }
  Statement& bind(bool flag) { return bind(int64_t{flag}); }
  Statement& bind(double number);
  Statement& bind(const std::optional<double>& number);

  // The next row; false at the end.
  bool step();
  // Runs a statement that has no rows, and makes it ready to be bound again.
  void run();

  // Columns of the current row, from the first on.
  std::string text();
  int64_t number();
  double real();
  std::optional<double> optional_real();
  // Whether the column that would be read next is NULL.
  bool null() const;

 private:
  Sqlite& database_;
  sqlite3_stmt* statement_ = nullptr;
  int parameter_ = 0;
  int column_ = 0;
};

// Everything or nothing.
class Transaction {
 public:
  explicit Transaction(Sqlite& database);
  ~Transaction();
  void commit();

 private:
  Sqlite& database_;
  bool open_ = true;
};

}  // namespace segue::runs
