// The queries of a text run one after the other, their rows as Arrow, their mistakes located in the text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <duckdb.h>
#include <nlohmann/json.hpp>

#include "base/cancellation.h"
#include "base/error.h"
#include "duckdb/database.h"
#include "duckdb/parsed.h"
#include "duckdb/table_function.h"

namespace segue::duckdb {

// Line and column of a byte of the text, in the file "<sql>".
Place place_of(const std::string& text, uint64_t position);

// Parts of a database; they outlive what is made with them.
struct AnswerTools {
  duckdb_connection connection;
  TableFunction& functions;
  Parser& parser;
};

// `parsed` is what the parser makes of the text, `tables` are the names that a query may read, for suggestions. Throws
// as Database::answers.
std::unique_ptr<Answers> make_answers(const AnswerTools& tools, std::string text, nlohmann::json parsed,
                                      std::vector<std::string> tables, const Cancellation& cancellation);

}  // namespace segue::duckdb
