// SQL text to bound plans: DuckDB parses and binds, and what it says about mistakes is brought back to the text that
// the user wrote.
//
// A step's SQL is one SELECT over tables (sources and other steps) that the Binder was told of. `$name` stands for a
// parameter's value. All offsets and lengths are bytes of the text as given to references() and bind().
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "columns/type.h"
#include "columns/value.h"

namespace segue::sql {

// What is wrong in a SQL text, and where.
struct Mistake {
  std::string message;  // one sentence without a full stop
  std::string hint;     // what to do, or empty
  uint64_t offset = 0;  // the first byte of what is wrong
  uint64_t length = 0;  // bytes; 0: of unknown length
};

// Thrown by the Binder. The caller knows where the text stands, and makes a Failure of it by located().
class SqlError : public std::exception {
 public:
  // REQUIRES: mistakes is not empty.
  explicit SqlError(std::vector<Mistake> mistakes) : mistakes_(std::move(mistakes)) {}
  const std::vector<Mistake>& mistakes() const { return mistakes_; }
  const char* what() const noexcept override { return mistakes_.front().message.c_str(); }

 private:
  std::vector<Mistake> mistakes_;
};

// The mistakes as Errors of code kDefinition; place(offset, length) says where bytes [offset, offset + length) of the
// text stand.
std::vector<Error> located(const SqlError& error, const std::function<Place(uint64_t offset, uint64_t length)>& place);

// A table that SQL may read: a source or a step.
struct Table {
  std::string name;
  std::vector<Field> fields;
};

// A table's name where a SELECT reads it.
struct Reference {
  std::string table;
  uint64_t offset = 0;
  uint64_t length = 0;
};

// From byte `bound` of a bound text on, up to the next piece, stand bytes of the user's text from `user` on; where
// `fixed`, bytes that the binder wrote: all of them stand for user bytes [user, user + length).
struct Piece {
  uint64_t bound = 0;
  uint64_t user = 0;
  uint64_t length = 0;
  bool fixed = false;
};

struct BoundQuery {
  // plans[0] of json_serialize_plan(text, optimize := false). Numbers that are unset are 2^64 - 1, as query_location.
  nlohmann::json plan;
  // The result's columns, in order; the names are unique (letters' case does not count) and the types are lake types.
  std::vector<Field> fields;
  // The tables it reads, each once, in order of first use.
  std::vector<std::string> tables;
  // The text as bound: parameters replaced by literals, results cast to lake types. DuckDB may run it as it is.
  std::string text;
  std::vector<Piece> pieces;
  // Something in it that gives other rows at each run: "now()", "TABLESAMPLE"; empty if there is nothing.
  std::string unrepeatable;

  // Where byte `position` of `text` (a query_location of the plan) stands in the user's text; kNoPosition for
  // kNoPosition.
  static constexpr uint64_t kNoPosition = ~uint64_t{0};
  uint64_t user_position(uint64_t position) const;
};

// One DuckDB database of empty tables, locked down: it reads no file and no environment. Not thread-safe; one a run or
// check is enough. Making one takes some 20 ms, a bind a few. Never a static object: DuckDB does not survive the end of
// main().
class Binder {
 public:
  Binder();
  ~Binder();
  Binder(Binder&&) noexcept;
  Binder& operator=(Binder&&) noexcept;

  // REQUIRES: types are lake types; no table of that name was added (letters' case does not count). Throws
  // Failure(kInternal).
  void add_table(const Table& table);

  // The tables that a SELECT reads, in the order of the text, once for each place; the names of its own WITH clauses
  // are left out. They need not have been added: steps can be put in order before they can be bound. Throws SqlError if
  // the text is no SELECT.
  std::vector<Reference> references(std::string_view text);

  // Binds a SELECT. params: the values of `$name`; a NULL one has its type all the same, so `segue check` can bind
  // without values. Throws SqlError.
  BoundQuery bind(std::string_view text, const std::map<std::string, Value>& params = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace segue::sql
