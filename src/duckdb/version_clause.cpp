#include "duckdb/version_clause.h"

#include <optional>

#include "base/error.h"
#include "duckdb/literal.h"
#include "duckdb/tokens.h"

namespace segue::duckdb {
namespace {

class Finder {
 public:
  explicit Finder(std::string_view text) : text_(text), tokens_(tokenize(text)) {}

  std::vector<VersionClause> find() const {
    std::vector<VersionClause> clauses;
    // AT ( VERSION => …
    for (size_t at = 2; at + 4 < tokens_.size(); ++at) {
      if (!is_word(at, "at") || !is(at + 1, "(")) continue;
      bool timestamp = is_word(at + 2, "timestamp");
      size_t begin = arrow_end(at + 3);
      std::optional<size_t> end = closing(at + 1);
      std::optional<size_t> table = table_before(at);
      if ((!timestamp && !is_word(at + 2, "version")) || begin == 0 || !end || *end == begin || !table) continue;
      VersionClause clause;
      clause.timestamp = timestamp;
      clause.schema = name_of(text_, tokens_[*table - 2]);
      clause.table = name_of(text_, tokens_[*table]);
      clause.schema_offset = tokens_[*table - 2].offset;
      clause.schema_length = tokens_[*table - 2].length;
      clause.expression = text_.substr(tokens_[begin].offset, tokens_[*end].offset - tokens_[begin].offset);
      clause.offset = tokens_[at].offset;
      clause.length = tokens_[*end].offset + tokens_[*end].length - clause.offset;
      clauses.push_back(std::move(clause));
      at = *end;
    }
    return clauses;
  }

 private:
  std::string_view spelled(size_t i) const { return text_.substr(tokens_[i].offset, tokens_[i].length); }
  bool is(size_t i, std::string_view symbol) const { return i < tokens_.size() && spelled(i) == symbol; }
  bool is_word(size_t i, std::string_view word) const {
    if (i >= tokens_.size() || tokens_[i].kind != TokenKind::kWord || tokens_[i].length != word.size()) return false;
    for (size_t c = 0; c < word.size(); ++c)
      if ((text_[tokens_[i].offset + c] | 0x20) != word[c]) return false;
    return true;
  }
  bool name(size_t i) const { return tokens_[i].kind == TokenKind::kWord || tokens_[i].kind == TokenKind::kQuotedName; }

  // What follows `=>`, which is one symbol or two; 0 if there is none.
  size_t arrow_end(size_t i) const {
    if (is(i, "=>")) return i + 1;
    return is(i, "=") && is(i + 1, ">") && tokens_[i].offset + 1 == tokens_[i + 1].offset ? i + 2 : 0;
  }

  // The parenthesis that closes the one at `open`.
  std::optional<size_t> closing(size_t open) const {
    size_t depth = 0;
    for (size_t i = open; i < tokens_.size(); ++i) {
      if (is(i, "(")) ++depth;
      if (is(i, ")") && --depth == 0) return i;
    }
    return std::nullopt;
  }

  // The last token of `schema.table` before AT, an alias with its columns passed over.
  std::optional<size_t> table_before(size_t at) const {
    size_t i = at - 1;
    if (is(i, ")")) {
      size_t depth = 0;
      for (;; --i) {
        if (is(i, ")")) ++depth;
        if (is(i, "(") && --depth == 0) break;
        if (i == 0) return std::nullopt;
      }
      if (i == 0) return std::nullopt;
      --i;  // the alias
    }
    if (!name(i)) return std::nullopt;
    if (i >= 2 && !is(i - 1, ".")) {
      --i;
      if (is_word(i, "as")) --i;
    }
    bool qualified = i >= 2 && name(i) && is(i - 1, ".") && name(i - 2) && (i < 3 || !is(i - 3, "."));
    return qualified ? std::optional(i) : std::nullopt;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<VersionClause> find_version_clauses(std::string_view text) { return Finder(text).find(); }

std::string without_version_clauses(std::string_view text, const std::vector<VersionClause>& clauses,
                                    const std::vector<std::string>& schemas) {
  SEGUE_ASSERT(clauses.size() == schemas.size());
  std::string result;
  size_t done = 0;
  for (size_t number = 0; number < clauses.size(); ++number) {
    const VersionClause& clause = clauses[number];
    result += text.substr(done, clause.schema_offset - done);
    result += quote_name(schemas[number]);
    size_t after = clause.schema_offset + clause.schema_length;
    result += text.substr(after, clause.offset - after);
    done = clause.offset + clause.length;
    // Line ends stay, so that what follows stands in the same line.
    for (size_t i = result.size(); i < done; ++i) result += text[i] == '\n' ? '\n' : ' ';
  }
  return result.append(text.substr(done));
}

}  // namespace segue::duckdb
