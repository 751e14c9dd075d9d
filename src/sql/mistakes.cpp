#include "sql/mistakes.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "base/suggestion.h"
#include "duckdb/parsed.h"

namespace segue::sql {

namespace {

using duckdb::text_at;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// "a,b(INTEGER, VARCHAR) -> INTEGER,c": commas inside parentheses part nothing.
std::vector<std::string> split_candidates(const std::string& text) {
  std::vector<std::string> parts;
  std::string part;
  int depth = 0;
  for (char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth == 0) {
      parts.push_back(std::move(part));
      part.clear();
    } else if (c != ' ' || !part.empty()) {
      part += c;
    }
  }
  if (!part.empty()) parts.push_back(std::move(part));
  return parts;
}

// Without the full stop or exclamation mark of its end.
std::string sentence(std::string_view text) {
  size_t end = text.find_last_not_of(" \t\r\n!.");
  return std::string(text.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

// Further lines of a message, each to its own sentence: they say what to do.
std::string rest_of(std::string_view message) {
  std::string rest;
  while (!message.empty()) {
    size_t end = std::min(message.find('\n'), message.size());
    std::string_view line = message.substr(0, end);
    message.remove_prefix(std::min(end + 1, message.size()));
    size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) continue;
    if (!rest.empty()) rest += rest.back() == ':' ? " " : "; ";
    rest += sentence(line.substr(begin));
  }
  return rest;
}

std::string unquoted(std::string name) {
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  return name;
}

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
    if (word && lower(duckdb::name_of(text, token)) == lower(name)) return token.offset;
  }
  return BoundQuery::kNoPosition;
}

Mistake in_our_words(const nlohmann::json& error) {
  std::string message = text_at(error, "error_message");
  std::string subtype = text_at(error, "error_subtype");
  std::string name = text_at(error, "name");
  std::vector<std::string> candidates = split_candidates(text_at(error, "candidates"));
  size_t line_end = std::min(message.find('\n'), message.size());
  if (subtype == "COLUMN_NOT_FOUND" && !name.empty()) {
    for (std::string& candidate : candidates) candidate = unquoted(candidate);
    std::string_view near = nearest(name, candidates);
    std::string hint = !near.empty()        ? fmt::format("did you mean `{}`?", near)
                       : candidates.empty() ? "there are no columns here"
                                            : "columns here: " + quoted_list(candidates);
    return {fmt::format("unknown column `{}`", name), std::move(hint), 0, 0};
  }
  if (subtype == "MISSING_ENTRY" && !name.empty()) {
    std::string kind = lower(text_at(error, "type"));
    if (kind.ends_with("function")) kind = "function";
    std::string_view near = nearest(name, candidates);
    return {fmt::format("unknown {} `{}`", kind, name), near.empty() ? "" : fmt::format("did you mean `{}`?", near), 0,
            0};
  }
  if (subtype == "NO_MATCHING_FUNCTION" && !text_at(error, "call").empty()) {
    return {fmt::format("there is no {}", text_at(error, "call")), "it takes: " + quoted_list(candidates, 8), 0, 0};
  }
  if (message.starts_with("Referenced table \"")) {
    std::string hint = rest_of(std::string_view(message).substr(line_end));
    constexpr std::string_view kCandidates = "Candidate tables: ";
    if (hint.starts_with(kCandidates)) hint = "tables here: " + hint.substr(kCandidates.size());
    return {fmt::format("unknown table `{}`", first_quoted(message)), std::move(hint), 0, 0};
  }
  return {sentence(std::string_view(message).substr(0, line_end)), rest_of(std::string_view(message).substr(line_end)),
          0, 0};
}

}  // namespace

Mistake explain(const nlohmann::json& error, std::string_view text, const std::vector<duckdb::Token>& tokens) {
  Mistake mistake = in_our_words(error);
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
