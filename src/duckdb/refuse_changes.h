// What ad-hoc SQL may not do: it reads, and changes nothing, not even tables of the session that would be gone with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace segue::duckdb {

struct Refusal {
  std::string message;
  std::string hint;
  uint64_t position = 0;  // byte of the text
};

// The first statement of the text, or the one that an EXPLAIN explains, that is no query by its first word; nothing if
// there is none. What begins like a query and is none (`WITH … INSERT`) is told only by DuckDB's parser: see
// is_query(). What is no SQL at all is left to DuckDB.
std::optional<Refusal> find_change(const std::string& text);

}  // namespace segue::duckdb
