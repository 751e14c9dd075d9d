// Where tokens begin and end in SQL text: for underlining what an error points at, and for finding `$name`.
//
// It follows the lexical rules of DuckDB (PostgreSQL's): quoted strings and names, E'…' with escapes, $tag$…$tag$,
// nested comments. DuckDB remains the judge: what is replaced by these rules is parsed again and compared
// (parameters.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace segue::duckdb {

enum class TokenKind { kWord, kQuotedName, kString, kNumber, kParameter, kPositional, kSymbol };

struct Token {
  TokenKind kind = TokenKind::kSymbol;
  uint64_t offset = 0;
  uint64_t length = 0;
};

// All tokens in order; comments and space are left out. A string or comment without an end reaches to the end of the
// text.
std::vector<Token> tokenize(std::string_view text);

// Bytes of the token that begins at offset, names chained by dots taken together (`p.artist`); 0 if none begins there.
uint64_t token_length(std::string_view text, const std::vector<Token>& tokens, uint64_t offset);

// The name that a word or quoted name stands for: quotes taken off, case kept.
std::string name_of(std::string_view text, const Token& token);

}  // namespace segue::duckdb
