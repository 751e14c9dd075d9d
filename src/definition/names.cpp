#include "definition/names.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/limits.h"

namespace segue::definition {
namespace {

// Words that DuckDB does not take as a table's name without quotes (its reserved keywords, and those for types,
// functions and joins).
constexpr std::string_view kSqlWords[] = {
    "all",       "analyse",      "analyze",      "and",         "anti",    "any",           "array",
    "as",        "asc",          "asof",         "asymmetric",  "at",      "authorization", "binary",
    "both",      "by",           "case",         "cast",        "check",   "collate",       "collation",
    "column",    "concurrently", "constraint",   "create",      "cross",   "default",       "deferrable",
    "desc",      "describe",     "distinct",     "do",          "else",    "end",           "except",
    "false",     "fetch",        "for",          "foreign",     "freeze",  "from",          "full",
    "glob",      "group",        "having",       "ilike",       "in",      "initially",     "inner",
    "intersect", "into",         "is",           "isnull",      "join",    "lambda",        "lateral",
    "leading",   "left",         "like",         "limit",       "natural", "not",           "notnull",
    "null",      "offset",       "on",           "only",        "or",      "order",         "outer",
    "overlaps",  "pivot",        "pivot_longer", "pivot_wider", "placing", "positional",    "primary",
    "qualify",   "references",   "returning",    "right",       "select",  "semi",          "show",
    "similar",   "some",         "summarize",    "symmetric",   "table",   "tablesample",   "then",
    "to",        "trailing",     "true",         "union",       "unique",  "unpack",        "unpivot",
    "using",     "variadic",     "verbose",      "when",        "where",   "window",        "with",
};

// `quarantine` is the table of rows put aside, `segue` the records of runs; the others are schemas of DuckDB.
constexpr std::string_view kOwnTables[] = {"quarantine"};
constexpr std::string_view kOwnPipelines[] = {"segue", "main", "temp", "system", "information_schema", "pg_catalog"};

template <size_t kSize>
bool is_one_of(std::string_view name, const std::string_view (&names)[kSize]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// Of the right letters, and still refused.
bool is_taken(NameOf what, std::string_view name) {
  bool in_sql = what == NameOf::kSource || what == NameOf::kStep;
  if (in_sql) return is_one_of(name, kSqlWords) || is_one_of(name, kOwnTables);
  return what == NameOf::kPipeline && is_one_of(name, kOwnPipelines);
}

// A name that is not taken, made from one that is.
std::string extended(NameOf what, std::string_view name) {
  return fmt::format("{}_{}", name, what == NameOf::kPipeline ? "data" : "rows");
}

// The nearest name that would do, or empty.
std::string repaired(NameOf what, std::string_view name, bool dash) {
  std::string result;
  for (char c : name) {
    if ((c & 0x80) != 0) return {};  // letters we do not know how to replace
    char lower = ascii::lower(c);
    bool letter = lower >= 'a' && lower <= 'z';
    bool digit = lower >= '0' && lower <= '9';
    if (result.empty() && !letter) continue;
    bool kept = letter || digit || lower == '_' || (dash && lower == '-');
    if (!kept && result.back() == '_') continue;
    result += kept ? lower : '_';
  }
  while (!result.empty() && (result.back() == '_' || result.back() == '-')) result.pop_back();
  if (is_taken(what, result)) return extended(what, result);
  return result.size() > limits::kNameBytes ? result.substr(0, limits::kNameBytes) : result;
}

}  // namespace

std::string_view word(NameOf what) {
  switch (what) {
    case NameOf::kPipeline: return "pipeline";
    case NameOf::kProfile: return "profile";
    case NameOf::kParam: return "parameter";
    case NameOf::kSource: return "source";
    case NameOf::kStep: return "step";
  }
  return "thing";
}

bool check_name(NameOf what, std::string_view name, const Place& place, Mistakes& mistakes) {
  bool dash = what == NameOf::kPipeline || what == NameOf::kProfile;
  bool in_sql = what == NameOf::kSource || what == NameOf::kStep;
  bool letters =
      !name.empty() && name[0] >= 'a' && name[0] <= 'z' && std::all_of(name.begin(), name.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (dash && c == '-');
      });
  if (!letters) {
    std::string better = repaired(what, name, dash);
    mistakes.add(name.empty() ? fmt::format("a {} needs a name", word(what))
                              : fmt::format("a {} cannot be called `{}`", word(what), name),
                 place,
                 fmt::format("names are small letters, digits{} and `_`, and begin with a letter{}",
                             dash ? ", `-`" : "", better.empty() ? "" : fmt::format(": `{}`", better)));
    return false;
  }
  if (name.size() > limits::kNameBytes) {
    mistakes.add(fmt::format("the name of a {} has at most {} letters, this one has {}", word(what), limits::kNameBytes,
                             name.size()),
                 place);
    return false;
  }
  if (in_sql && is_one_of(name, kSqlWords)) {
    mistakes.add(fmt::format("a {} cannot be called `{}`, which is a word of SQL", word(what), name), place,
                 fmt::format("add something, for example `{}`", extended(what, name)));
    return false;
  }
  if (is_taken(what, name)) {
    mistakes.add(fmt::format("a {} cannot be called `{}`, which means something else already", word(what), name), place,
                 fmt::format("add something, for example `{}`", extended(what, name)));
    return false;
  }
  return true;
}

}  // namespace segue::definition
