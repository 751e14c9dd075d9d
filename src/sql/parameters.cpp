#include "sql/parameters.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/suggestion.h"
#include "duckdb/literal.h"
#include "duckdb/parsed.h"

namespace segue::sql {

Replaced replace_parameters(std::string_view text, const std::vector<duckdb::Token>& tokens,
                            const std::map<std::string, Value>& params) {
  std::vector<Mistake> mistakes;
  Replaced result;
  result.pieces.push_back({0, 0, 0, false});
  size_t done = 0;
  for (const duckdb::Token& token : tokens) {
    if (token.kind == duckdb::TokenKind::kPositional) {
      mistakes.push_back({fmt::format("`{}` is no parameter", text.substr(token.offset, token.length)),
                          "parameters of the pipeline are written by name: $name", token.offset, token.length});
    }
    if (token.kind != duckdb::TokenKind::kParameter) continue;
    std::string name(text.substr(token.offset + 1, token.length - 1));
    auto value = params.find(name);
    if (value == params.end()) {
      std::vector<std::string> names;
      for (const auto& param : params) names.push_back(param.first);
      std::string hint = names.empty() ? "declare it under `params`" : suggest(name, names, "parameters");
      mistakes.push_back({fmt::format("unknown parameter `${}`", name), hint, token.offset, token.length});
      continue;
    }
    result.text.append(text, done, token.offset - done);
    result.pieces.push_back({result.text.size(), token.offset, token.length, true});
    result.text += duckdb::literal(value->second);
    done = token.offset + token.length;
    result.pieces.push_back({result.text.size(), done, 0, false});
  }
  if (!mistakes.empty()) throw SqlError(std::move(mistakes));
  result.text.append(text, done);
  return result;
}

uint64_t user_position(const std::vector<Piece>& pieces, uint64_t position) {
  if (position == BoundQuery::kNoPosition || pieces.empty()) return position;
  auto after = std::upper_bound(pieces.begin(), pieces.end(), position,
                                [](uint64_t p, const Piece& piece) { return p < piece.bound; });
  if (after == pieces.begin()) return 0;
  const Piece& piece = *std::prev(after);
  return piece.fixed ? piece.user : piece.user + (position - piece.bound);
}

bool same_but_parameters(const nlohmann::json& before, const nlohmann::json& after) {
  if (duckdb::text_at(before, "class") == "PARAMETER") return true;
  if (before.is_object() && after.is_object()) {
    if (before.size() != after.size()) return false;
    for (const auto& [key, value] : before.items()) {
      if (key == "query_location" || key == "named_param_map") continue;
      auto other = after.find(key);
      if (other == after.end() || !same_but_parameters(value, *other)) return false;
    }
    return true;
  }
  if (before.is_array() && after.is_array()) {
    return std::equal(before.begin(), before.end(), after.begin(), after.end(), same_but_parameters);
  }
  return before == after;
}

}  // namespace segue::sql
