#include "sql/mistakes.h"

#include <cstdlib>
#include <string>

#include "base/ascii.h"
#include "duckdb/parsed.h"

namespace segue::sql {

namespace {

using duckdb::text_at;

// What stands in double quotes first, if anything.
std::string first_quoted(const std::string& message) {
  size_t begin = message.find('"');
  size_t end = begin == std::string::npos ? begin : message.find('"', begin + 1);
  return end == std::string::npos ? "" : message.substr(begin + 1, end - begin - 1);
}

// Where a name stands in the text as a word of its own.
uint64_t find_name(const std::string& name, std::string_view text, const std::vector<duckdb::Token>& tokens) {
  for (const duckdb::Token& token : tokens) {
    bool word = token.kind == duckdb::TokenKind::kWord || token.kind == duckdb::TokenKind::kQuotedName;
    if (word && ascii::same(duckdb::name_of(text, token), name)) return token.offset;
  }
  return BoundQuery::kNoPosition;
}

}  // namespace

Mistake explain(const nlohmann::json& error, std::string_view text, const std::vector<duckdb::Token>& tokens,
                const duckdb::ColumnsHere& columns_here) {
  duckdb::Explained explained = duckdb::explain_error(error, columns_here);
  Mistake mistake{std::move(explained.message), std::move(explained.hint), 0, 0};
  if (mistake.message.empty()) mistake.message = "DuckDB does not understand this";
  std::string position = text_at(error, "position");
  if (position.empty()) {
    mistake.offset = find_name(first_quoted(text_at(error, "error_message")), text, tokens);
  } else {
    mistake.offset = std::strtoull(position.c_str(), nullptr, 10);
    if (text_at(error, "error_subtype") == "SYNTAX_ERROR")
      mistake.offset = duckdb::byte_of_code_point(text, mistake.offset);
  }
  return mistake;
}

}  // namespace segue::sql
