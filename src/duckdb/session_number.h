// session_number(time, gap): numbers the sessions of a window's rows, in DuckDB.
//
// Over (… ORDER BY time, …) a row whose time is at most `gap` after the row before belongs to the same session;
// sessions count from 1. A NULL time gives NULL and is otherwise as if it were not there.
//
// DuckDB computes windowed aggregates over a tree of partial states, so a state stands for a run of neighbouring rows
// in order:
//     first, last     times of the first and the last row that has one
//     count           sessions begun in the run; 0: no row has a time
//     null_last       the run's last row has no time
// Two neighbours a, b (a before b) merge to {a.first, b.last, a.count + b.count - (b.first - a.last <= gap),
// b.null_last}: where both have rows, the session that ends a and the one that begins b are one if the gap between them
// allows.
//
// DuckDB builds one tree over several partitions, so it also merges states across their borders; it never asks for the
// number of such a state. Times that go back are therefore no error by themselves: the state remembers them, and asking
// for its number is one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <duckdb.h>
#include <nlohmann/json_fwd.hpp>

#include "columns/type.h"

namespace segue::duckdb {

struct SessionState {
  int64_t first = 0;  // microseconds since 1970
  int64_t last = 0;
  int64_t count = 0;
  uint64_t gap = 0;  // microseconds
  bool any = false;  // there was a row, with a time or without
  bool null_last = false;
  bool disordered = false;  // a time was less than one before it: there is no number

  // Adds the next row of the order.
  void add(std::optional<int64_t> time);
  // Adds the run that follows.
  void merge(const SessionState& next);
  // The session of the last row; NULL for no time. REQUIRES: not disordered.
  std::optional<int64_t> number() const;
};

// A gap in microseconds, at most 2^63 - 1; nothing if it has months or is negative.
std::optional<uint64_t> gap_micros(const Interval& gap);

// Registers the function. Throws Failure(kInternal).
void register_session_number(duckdb_connection connection);

// What is wrong with a call of it, at a position of the parsed text.
struct CallMistake {
  std::string message;
  std::string hint;
  uint64_t position = 0;
};

// Looks through a parsed statement (json_serialize_sql) for calls of session_number that are no window over rows in
// order of time, and returns the first. `parser` computes gaps: it only sees constants.
class Parser;
std::optional<CallMistake> find_wrong_call(const nlohmann::json& statement, Parser& parser);

}  // namespace segue::duckdb
