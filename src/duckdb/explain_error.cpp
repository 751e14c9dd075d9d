#include "duckdb/explain_error.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/suggestion.h"
#include "duckdb/parsed.h"

namespace segue::duckdb {

namespace {

// "a,b(INTEGER, VARCHAR) -> INTEGER,c": commas inside parentheses part nothing.
std::vector<std::string> split_candidates(std::string_view text) {
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

// What stands in double quotes, in order.
std::vector<std::string> quoted_parts(std::string_view message) {
  std::vector<std::string> parts;
  for (size_t begin = message.find('"'); begin != std::string_view::npos; begin = message.find('"', begin)) {
    size_t end = message.find('"', begin + 1);
    if (end == std::string_view::npos) break;
    parts.emplace_back(message.substr(begin + 1, end - begin - 1));
    begin = end + 1;
  }
  return parts;
}

// What stands between two words of a message; empty if they are not there.
std::string between(std::string_view message, std::string_view before, std::string_view after) {
  size_t begin = message.find(before);
  if (begin == std::string_view::npos) return "";
  begin += before.size();
  size_t end = after.empty() ? message.size() : message.find(after, begin);
  return end == std::string_view::npos ? "" : std::string(message.substr(begin, end - begin));
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// DuckDB's names of types that nobody writes.
std::string plain_types(std::string text) {
  for (auto [theirs, ours] : {std::pair{"STRING_LITERAL", "VARCHAR"},
                              {"INTEGER_LITERAL", "INTEGER"},
                              {"INT8", "TINYINT"},
                              {"INT16", "SMALLINT"},
                              {"INT32", "INTEGER"},
                              {"INT64", "BIGINT"},
                              {"INT128", "HUGEINT"}})
    replace_all(text, theirs, ours);
  return text;
}

Explained unknown_column(const std::string& name, std::vector<std::string> known, std::string message,
                         std::string_view list_word) {
  return {std::move(message), known.empty() ? "there are no columns here" : suggest(name, known, list_word)};
}

// "+(VARCHAR, INTEGER)": a function or an operator that has no such arguments.
Explained wrong_call(const std::string& call, const std::vector<std::string>& candidates) {
  size_t open = std::min(call.find('('), call.size());
  std::string name = call.substr(0, open);
  std::vector<std::string> types =
      split_candidates(std::string_view(call).substr(std::min(open + 1, call.size()), call.size() - open - 2));
  bool is_operator = !name.empty() && std::isalpha(static_cast<unsigned char>(name[0])) == 0 && name[0] != '_';
  if (is_operator) {
    for (auto [theirs, ours] : {std::pair{"!~~", "NOT LIKE"}, {"~~", "LIKE"}, {"!~~*", "NOT ILIKE"}, {"~~*", "ILIKE"}})
      if (name == theirs) name = ours;
    std::string both = types.size() == 2 ? types[0] + " and " + types[1] : types.empty() ? "" : types[0];
    return {fmt::format("`{}` does not go with {}", name, both),
            types.size() == 2 ? "cast one of them to what is meant, as in CAST(… AS BIGINT)"
                              : "cast it to what is meant, as in CAST(… AS BIGINT)"};
  }
  std::string message = types.empty() ? fmt::format("`{}` cannot be called without arguments", name)
                                      : fmt::format("there is no {}", call);
  return {std::move(message), "it takes: " + quoted_list(candidates, 8)};
}

constexpr std::string_view kKeywords[] = {"SELECT", "FROM",     "WHERE", "GROUP",  "HAVING", "ORDER",  "LIMIT",
                                          "JOIN",   "DISTINCT", "UNION", "VALUES", "WITH",   "QUALIFY"};

Explained syntax_error(std::string_view message) {
  if (message.find("end of input") != std::string_view::npos)
    return {"the SQL ends too early", "what follows is missing: a table, an expression or a `)`"};
  if (message.find("quoted string") != std::string_view::npos)
    return {"a text is not closed by `'`", "a `'` inside of it is written twice"};
  if (message.find("quoted identifier") != std::string_view::npos)
    return {"a name in double quotes is not closed", "texts stand in `'`, names in `\"`"};
  if (message.find("/* comment") != std::string_view::npos) return {"a comment is not closed by `*/`", ""};
  std::string word = between(message, "at or near \"", "");
  if (word.empty()) return {sentence(message), ""};
  word.pop_back();
  std::string_view near = nearest(word, kKeywords);
  return {fmt::format("`{}` is not expected here", word),
          near.empty() || ascii::same(near, word) ? "" : fmt::format("did you mean `{}`?", near)};
}

constexpr std::string_view kWindowFunctions[] = {"row_number",  "rank",       "dense_rank", "percent_rank",
                                                 "cume_dist",   "ntile",      "lag",        "lead",
                                                 "first_value", "last_value", "nth_value"};

Explained missing(std::string kind, const std::string& name, const std::vector<std::string>& candidates) {
  if (kind.ends_with("function")) kind = "function";
  if (kind == "function" && std::ranges::find(kWindowFunctions, ascii::lower(name)) != std::end(kWindowFunctions))
    return {fmt::format("`{}` needs a window", name),
            fmt::format("write {}(…) OVER (PARTITION BY … ORDER BY …)", name)};
  std::string_view near = nearest(name, candidates);
  return {fmt::format("unknown {} `{}`", kind, name), near.empty() ? "" : fmt::format("did you mean `{}`?", near)};
}

// By what is said, where nothing else tells it.
std::optional<Explained> by_message(std::string_view message, const ColumnsHere& columns_here) {
  std::string_view first = message.substr(0, message.find('\n'));
  std::string_view rest = message.substr(first.size());
  std::vector<std::string> names = quoted_parts(first);
  auto says = [&](std::string_view words) { return first.find(words) != std::string_view::npos; };
  if (says("does not have a column named") && names.size() == 2)
    return unknown_column(names[1], columns_here(names[0]), fmt::format("`{}` has no column `{}`", names[0], names[1]),
                          "its columns");
  if (first.starts_with("Referenced table \"") && !names.empty())
    return Explained{fmt::format("unknown table `{}`", names[0]), suggest(names[0], quoted_parts(rest), "tables here")};
  if (says("must appear in the GROUP BY clause")) {
    std::string name = names.empty() ? between(first, "column ", " must") : names[0];
    return Explained{fmt::format("`{}` is neither in GROUP BY nor in an aggregate", name),
                     fmt::format("add it to GROUP BY, or take one value of each group: any_value({})", name)};
  }
  if (first.starts_with("Ambiguous reference to column") && names.size() > 1) {
    std::string hint;
    for (size_t i = 1; i < names.size(); ++i)
      hint += fmt::format("{}`{}`", i == 1 ? "write " : i + 1 == names.size() ? " or " : ", ", names[i]);
    return Explained{fmt::format("`{}` is a column of several tables here", names[0]), std::move(hint)};
  }
  if (first.starts_with("Ambiguous reference to table") && !names.empty())
    return Explained{fmt::format("several tables are called `{}` here", names[0]), "name one of them: … AS name"};
  if (says("in EXCLUDE list not found") && !names.empty())
    return Explained{fmt::format("EXCLUDE names the unknown column `{}`", names[0]), "leave it out"};
  if (says("does not exist on left side of join") || says("does not exist on right side of join"))
    return Explained{fmt::format("`{}` is no column of the join's {} side", names.empty() ? "" : names[0],
                                 says("left side") ? "left" : "right"),
                     "USING takes columns that both sides have; else write ON a = b"};
  if (says(" clause cannot contain aggregates"))
    return Explained{fmt::format("an aggregate cannot stand in {}", first.substr(0, first.find(" clause"))),
                     "conditions on aggregates stand behind GROUP BY, in HAVING"};
  if (says(" clause cannot contain window functions"))
    return Explained{fmt::format("a window function cannot stand in {}", first.substr(0, first.find(" clause"))),
                     "conditions on window functions stand in QUALIFY"};
  if (says("aggregate function calls cannot be nested"))
    return Explained{"an aggregate cannot stand inside of another", "compute the inner one in a subquery or a step"};
  for (std::string_view words : {"Cannot mix values of type ", "Cannot compare values of type "}) {
    if (!first.starts_with(words)) continue;
    std::string types = between(first, words, " - an explicit cast");
    replace_all(types, " and type ", " and ");
    std::string place = between(types, " in ", "");
    types = types.substr(0, types.find(" in "));
    return Explained{
        fmt::format("{} cannot be {}", plain_types(types), place.empty() ? "compared" : "taken together in " + place),
        "cast one of them to the type of the other: CAST(… AS …)"};
  }
  if (first.starts_with("Could not convert string '")) {
    std::string type = sentence(between(first, "' to ", ""));
    std::string column = between(type, " when casting from source column ", "");
    return Explained{fmt::format("{}'{} is no {}", between(first, "Could not convert string ", "' to "),
                                 column.empty() ? "" : fmt::format(" of column `{}`", column),
                                 plain_types(type.substr(0, type.find(" when casting")))),
                     rest_of(rest)};
  }
  if (first.starts_with("Subquery returns "))
    return Explained{fmt::format("one column is wanted of this subquery, and it has {}",
                                 between(first, "Subquery returns ", " columns")),
                     ""};
  if (first.starts_with("Set operations can only apply"))
    return Explained{"the SELECTs of a UNION, INTERSECT or EXCEPT have different numbers of columns", ""};
  if (first.starts_with("Could not find key") && !names.empty())
    return Explained{fmt::format("the struct has no field `{}`", names[0]),
                     suggest(names[0], quoted_parts(rest), "its fields")};
  return std::nullopt;
}

}  // namespace

Explained explain_error(const nlohmann::json& error, const ColumnsHere& columns_here) {
  std::string message = text_at(error, "error_message");
  if (message.empty()) message = text_at(error, "exception_message");
  std::string subtype = text_at(error, "error_subtype");
  std::string name = text_at(error, "name");
  std::vector<std::string> candidates = split_candidates(plain_types(text_at(error, "candidates")));
  if (subtype == "SYNTAX_ERROR") return syntax_error(message);
  if (subtype == "COLUMN_NOT_FOUND" && !name.empty()) {
    std::vector<std::string> known = columns_here("");
    for (const std::string& candidate : candidates)
      if (known.empty() || std::ranges::find(known, unquoted(candidate)) == known.end())
        known.push_back(unquoted(candidate));
    return unknown_column(name, std::move(known), fmt::format("unknown column `{}`", name), "columns here");
  }
  if (subtype == "MISSING_ENTRY" && !name.empty())
    return missing(ascii::lower(text_at(error, "type")), name, candidates);
  if (subtype == "NO_MATCHING_FUNCTION" && !text_at(error, "call").empty())
    return wrong_call(plain_types(text_at(error, "call")), candidates);
  if (auto known = by_message(message, columns_here)) return *known;
  size_t line_end = std::min(message.find('\n'), message.size());
  return {plain_types(sentence(std::string_view(message).substr(0, line_end))),
          rest_of(std::string_view(message).substr(line_end))};
}

}  // namespace segue::duckdb
