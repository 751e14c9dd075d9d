#include "cli/prompt/completion.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/ascii.h"
#include "columns/type.h"

namespace segue::cli {
namespace {

constexpr std::string_view kKeywords[] = {
    "all",    "and",      "as",       "asc",       "between", "by",     "case",   "cast",      "count(",
    "desc",   "describe", "distinct", "else",      "end",     "except", "exists", "explain",   "false",
    "from",   "full",     "group",    "having",    "ilike",   "in",     "inner",  "intersect", "interval",
    "is",     "join",     "left",     "like",      "limit",   "not",    "null",   "offset",    "on",
    "or",     "order",    "over",     "partition", "qualify", "right",  "select", "show",      "summarize",
    "tables", "then",     "true",     "union",     "using",   "values", "when",   "where",     "with",
};

bool begins(std::string_view word, std::string_view with) {
  return word.size() >= with.size() && std::equal(with.begin(), with.end(), word.begin(),
                                                  [](char a, char b) { return ascii::lower(a) == ascii::lower(b); });
}

bool of_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '"' || (c & 0x80) != 0;
}

}  // namespace

SqlCompletion::SqlCompletion(std::vector<std::string> commands, std::function<std::vector<KnownColumn>()> columns)
    : commands_(std::move(commands)), columns_(std::move(columns)) {}

void SqlCompletion::load() {
  if (loaded_) return;
  loaded_ = true;
  std::set<std::string> tables, names;
  for (const KnownColumn& column : columns_()) {
    size_t dot = column.table.find('.');
    if (dot != std::string::npos) tables.insert(column.table.substr(0, dot + 1));
    tables.insert(column.table);
    names.insert(quote_name(column.column));
  }
  tables_.assign(tables.begin(), tables.end());
  names_.assign(names.begin(), names.end());
}

Completions SqlCompletion::complete(std::string_view line) {
  Completions found;
  if (line.starts_with('.')) {
    for (const std::string& command : commands_)
      if (begins(command, line)) found.words.push_back(command);
    return found;
  }
  found.begin = line.size();
  while (found.begin > 0 && of_word(line[found.begin - 1])) --found.begin;
  std::string_view word = line.substr(found.begin);
  if (word.empty()) return found;
  load();
  bool dotted = word.find('.') != std::string_view::npos;
  for (const std::string& table : tables_) {
    // A schema stands for its tables until its dot is there.
    bool schema = table.ends_with('.');
    bool qualified = table.find('.') != std::string::npos;
    if (begins(table, word) && (dotted ? !schema : schema || !qualified)) found.words.push_back(table);
  }
  if (dotted) return found;
  for (const std::string& name : names_)
    if (begins(name, word)) found.words.push_back(name);
  bool capitals = std::isupper(static_cast<unsigned char>(word[0])) != 0;
  for (std::string_view keyword : kKeywords) {
    if (!begins(keyword, word)) continue;
    std::string& added = found.words.emplace_back(keyword);
    if (capitals)
      std::transform(added.begin(), added.end(), added.begin(), [](unsigned char c) { return std::toupper(c); });
  }
  std::sort(found.words.begin(), found.words.end());
  found.words.erase(std::unique(found.words.begin(), found.words.end()), found.words.end());
  return found;
}

}  // namespace segue::cli
