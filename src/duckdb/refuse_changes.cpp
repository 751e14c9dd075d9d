#include "duckdb/refuse_changes.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/ascii.h"
#include "duckdb/tokens.h"

namespace segue::duckdb {

namespace {

struct Statement {
  std::string_view word;
  std::string_view hint;
};

constexpr std::string_view kFiles = "`segue sql … --to FILE` writes a result to a file";
constexpr std::string_view kTables = "tables are made by the steps of a pipeline: `segue run` writes them";
constexpr std::string_view kDelete = "`segue delete TABLE` removes a table";
constexpr std::string_view kSettings = "its settings are fixed; `--threads` and `--memory` are options of `segue sql`";
constexpr std::string_view kSession = "write the query itself";

// Every first word of DuckDB's statements that are no queries.
constexpr std::array<Statement, 34> kChanges = {{
    {"abort", kSession},   {"alter", kTables},        {"analyze", kSession},    {"attach", kFiles},
    {"begin", kSession},   {"call", kSession},        {"checkpoint", kSession}, {"comment", kTables},
    {"commit", kSession},  {"copy", kFiles},          {"create", kTables},      {"deallocate", kSession},
    {"delete", kTables},   {"detach", kFiles},        {"drop", kDelete},        {"end", kSession},
    {"execute", kSession}, {"export", kFiles},        {"force", kSession},      {"import", kFiles},
    {"insert", kTables},   {"install", kSettings},    {"load", kSettings},      {"merge", kTables},
    {"prepare", kSession}, {"reset", kSettings},      {"rollback", kSession},   {"set", kSettings},
    {"start", kSession},   {"transaction", kSession}, {"truncate", kDelete},    {"update", kTables},
    {"use", kSettings},    {"vacuum", kSession},
}};

}  // namespace

std::optional<Refusal> find_change(const std::string& text) {
  bool first = true;
  std::string statement;  // its first word
  for (const Token& token : tokenize(text)) {
    std::string word = ascii::lower(std::string_view(text).substr(token.offset, token.length));
    if (word == ";") {
      first = true;
      statement.clear();
      continue;
    }
    if (statement.empty()) statement = word;
    if (first && token.kind == TokenKind::kWord) {
      auto change = std::ranges::find(kChanges, word, &Statement::word);
      if (change != kChanges.end() && !(statement == "explain" && word == "analyze"))
        return Refusal{fmt::format("{} cannot be used here: ad-hoc SQL only reads", ascii::upper(word)),
                       std::string(change->hint), token.offset};
    }
    // A PRAGMA with `=` changes a setting.
    if (statement == "pragma" && word == "=")
      return Refusal{"settings cannot be changed here: ad-hoc SQL only reads", std::string(kSettings), token.offset};
    // `)` ends the options of EXPLAIN.
    first = statement == "explain" && (word == "explain" || word == "analyze" || word == ")");
  }
  return std::nullopt;
}

}  // namespace segue::duckdb
