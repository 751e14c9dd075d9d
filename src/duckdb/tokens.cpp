#include "duckdb/tokens.h"

#include <algorithm>

namespace segue::duckdb {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool name_part(char c) { return name_start(c) || digit(c); }
bool space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  std::vector<Token> all() {
    while (skip_space(), at_ < text_.size()) {
      size_t begin = at_;
      TokenKind kind = next();
      tokens_.push_back({kind, begin, at_ - begin});
    }
    return std::move(tokens_);
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void skip_space() {
    while (at_ < text_.size()) {
      if (space(peek())) {
        ++at_;
      } else if (peek() == '-' && peek(1) == '-') {
        at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
      } else if (peek() == '/' && peek(1) == '*') {
        skip_comment();
      } else {
        return;
      }
    }
  }

  // Comments of this kind nest.
  void skip_comment() {
    size_t depth = 0;
    do {
      if (peek() == '/' && peek(1) == '*') {
        ++depth;
        at_ += 2;
      } else if (peek() == '*' && peek(1) == '/') {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth != 0 && at_ < text_.size());
    at_ = std::min(at_, text_.size());
  }

  TokenKind next() {
    char c = peek();
    if (c == '\'') return quoted('\'', false), TokenKind::kString;
    if (c == '"') return quoted('"', false), TokenKind::kQuotedName;
    if (c == '$') return dollar();
    if (c == '?') return ++at_, skip_digits(), TokenKind::kPositional;
    if (digit(c) || (c == '.' && digit(peek(1)))) return number();
    if (!name_start(c)) return ++at_, TokenKind::kSymbol;
    if (peek(1) == '\'' && std::string_view("eEbBxXnN").find(c) != std::string_view::npos) {
      ++at_;
      return quoted('\'', c == 'e' || c == 'E'), TokenKind::kString;
    }
    if ((c == 'u' || c == 'U') && peek(1) == '&' && (peek(2) == '\'' || peek(2) == '"')) {
      at_ += 2;
      TokenKind kind = peek() == '"' ? TokenKind::kQuotedName : TokenKind::kString;
      return quoted(peek(), false), kind;
    }
    // A dollar sign inside a word belongs to it.
    while (name_part(peek()) || peek() == '$') ++at_;
    return TokenKind::kWord;
  }

  // From a quote to the one that ends it; two quotes stand for one.
  void quoted(char quote, bool escapes) {
    ++at_;
    while (at_ < text_.size()) {
      if (escapes && peek() == '\\') {
        at_ = std::min(at_ + 2, text_.size());
      } else if (peek() != quote) {
        ++at_;
      } else if (peek(1) == quote) {
        at_ += 2;
      } else {
        ++at_;
        return;
      }
    }
  }

  // $1, $name, or the begin of $tag$ … $tag$.
  TokenKind dollar() {
    size_t begin = at_++;
    if (digit(peek())) return skip_digits(), TokenKind::kPositional;
    if (name_start(peek())) {
      while (name_part(peek())) ++at_;
    }
    if (peek() == '$') {
      ++at_;
      std::string_view tag = text_.substr(begin, at_ - begin);
      size_t end = text_.find(tag, at_);
      at_ = end == std::string_view::npos ? text_.size() : end + tag.size();
      return TokenKind::kString;
    }
    return at_ == begin + 1 ? TokenKind::kSymbol : TokenKind::kParameter;
  }

  // 12, 1_000, 1.5e-3.
  TokenKind number() {
    while (name_part(peek()) || peek() == '.' || ((peek() == '+' || peek() == '-') && exponent_before())) ++at_;
    return TokenKind::kNumber;
  }
  bool exponent_before() const { return (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E') && digit(peek(1)); }
  void skip_digits() {
    while (digit(peek())) ++at_;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
};

bool name(const Token& token) { return token.kind == TokenKind::kWord || token.kind == TokenKind::kQuotedName; }

}  // namespace

std::vector<Token> tokenize(std::string_view text) { return Tokenizer(text).all(); }

uint64_t token_length(std::string_view text, const std::vector<Token>& tokens, uint64_t offset) {
  auto token =
      std::lower_bound(tokens.begin(), tokens.end(), offset, [](const Token& t, uint64_t o) { return t.offset < o; });
  if (token == tokens.end() || token->offset != offset) return 0;
  auto last = token;
  if (name(*last)) {
    while (last + 2 < tokens.end() && text[(last + 1)->offset] == '.' && (last + 1)->length == 1 && name(*(last + 2)))
      last += 2;
  }
  return last->offset + last->length - offset;
}

std::string name_of(std::string_view text, const Token& token) {
  std::string_view body = text.substr(token.offset, token.length);
  if (token.kind != TokenKind::kQuotedName) return std::string(body);
  std::string result;
  body.remove_prefix(body.find('"') + 1);
  for (size_t i = 0; i < body.size() && (body[i] != '"' || i + 1 < body.size()); ++i) {
    result += body[i];
    if (body[i] == '"') ++i;
  }
  return result;
}

}  // namespace segue::duckdb
