#include "sql/binder.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/limits.h"
#include "base/suggestion.h"
#include "duckdb/instance.h"
#include "duckdb/parsed.h"
#include "duckdb/session_number.h"
#include "duckdb/tokens.h"
#include "sql/lake_types.h"
#include "sql/mistakes.h"
#include "sql/parameters.h"
#include "sql/statement.h"

namespace segue::sql {

namespace {

using Json = nlohmann::json;
using Names = std::vector<std::string>;

constexpr char kOneSelect[] = "a step is one SELECT";

// A text and what is known of it while it is bound. Positions in `bound`'s parse are mapped back by `pieces`.
struct Work {
  std::string_view user;              // without the semicolons of its end
  std::vector<duckdb::Token> tokens;  // of user
  std::string bound;
  std::vector<Piece> pieces{{0, 0, 0, false}};

  // Completes a mistake whose offset is a position of `bound`: what it is unknown for is the first word.
  Mistake located(Mistake mistake) const {
    uint64_t first = tokens.empty() ? 0 : tokens.front().offset;
    mistake.offset = mistake.offset == BoundQuery::kNoPosition
                         ? first
                         : std::min<uint64_t>(user_position(pieces, mistake.offset), user.size());
    if (mistake.length == 0) mistake.length = duckdb::token_length(user, tokens, mistake.offset);
    return mistake;
  }
};

[[noreturn]] void refuse(Mistake mistake) { throw SqlError({std::move(mistake)}); }

[[noreturn]] void refuse_all(std::vector<Mistake> mistakes) {
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.offset < b.offset; });
  throw SqlError(std::move(mistakes));
}

// Takes off the semicolons at the end; refuses empty texts and several statements.
Work begin(std::string_view text) {
  Work work;
  work.tokens = duckdb::tokenize(text);
  auto semicolon = [&](const duckdb::Token& token) { return token.length == 1 && text[token.offset] == ';'; };
  size_t end = text.size();
  while (!work.tokens.empty() && semicolon(work.tokens.back())) {
    end = work.tokens.back().offset;
    work.tokens.pop_back();
  }
  if (work.tokens.empty()) refuse({"there is no SQL here", "write a SELECT", 0, 0});
  work.user = text.substr(0, end);
  auto second = std::find_if(work.tokens.begin(), work.tokens.end(), semicolon);
  if (second != work.tokens.end()) {
    refuse({"a step is one SELECT, and a second statement follows here", "make a step of each", second->offset, 1});
  }
  work.bound = work.user;
  return work;
}

// The one statement of a text that DuckDB parsed. What json_serialize_sql does not take is no SELECT.
Json parse_select(duckdb::Parser& parser, const Work& work, std::string_view text) {
  Json parsed = parser.parse(text);
  if (parsed.value("error", true)) {
    if (parsed.value("error_message", "").find("Only SELECT statements") != std::string::npos) {
      const duckdb::Token& first = work.tokens.front();
      std::string word(work.user.substr(first.offset, first.length));
      refuse({fmt::format("{}, and this is a statement that begins with `{}`", kOneSelect, word), "", first.offset,
              first.length});
    }
    refuse(work.located(explain(parsed, work.user, work.tokens, [](const std::string&) { return Names(); })));
  }
  Json& statements = parsed["statements"];
  if (statements.size() != 1) refuse(work.located({kOneSelect, "", BoundQuery::kNoPosition, 0}));
  return std::move(statements[0]);
}

// What is wrong with the name of a result column, or nothing.
std::string_view wrong_with_name(const std::string& name) {
  if (name.empty()) return "is empty";
  if (name.find('\0') != std::string::npos) return "holds a NUL byte";
  return {};
}

}  // namespace

std::vector<Error> located(const SqlError& error, const std::function<Place(uint64_t offset, uint64_t length)>& place) {
  std::vector<Error> errors;
  for (const Mistake& mistake : error.mistakes()) {
    errors.push_back({ErrorCode::kDefinition, mistake.message, place(mistake.offset, mistake.length), mistake.hint});
  }
  return errors;
}

uint64_t BoundQuery::user_position(uint64_t position) const { return sql::user_position(pieces, position); }

struct Binder::Impl {
  duckdb::Instance instance;
  duckdb::Parser parser{instance.connection()};
  std::map<std::string, std::string> tables;  // name in small letters -> name

  void refuse_tables(const Work& work, const Json& statement, std::vector<std::string>& read);
  void refuse_calls(const Work& work, const Json& statement);
  std::vector<Field> result_fields(const Work& work, const Json& statement, const Json& plan, std::vector<bool>& casts);
  Json plan(const Work& work, const Json& statement);
};

Binder::Binder() : impl_(std::make_unique<Impl>()) {}
Binder::~Binder() = default;
Binder::Binder(Binder&&) noexcept = default;
Binder& Binder::operator=(Binder&&) noexcept = default;

void Binder::add_table(const Table& table) {
  SEGUE_ASSERT(!table.fields.empty());
  if (!impl_->tables.emplace(ascii::lower(table.name), table.name).second) {
    fail(ErrorCode::kInternal, fmt::format("two tables are called `{}`", table.name));
  }
  std::string sql = "CREATE TABLE " + quote_name(table.name) + " (";
  for (const Field& field : table.fields) {
    SEGUE_ASSERT(lake_type(field.type));
    if (sql.back() != '(') sql += ", ";
    sql += quote_name(field.name) + ' ' + to_string(field.type);
  }
  impl_->instance.execute(sql + ')');
}

std::vector<Reference> Binder::references(std::string_view text) {
  Work work = begin(text);
  Json statement = parse_select(impl_->parser, work, work.user);
  std::vector<Reference> result;
  for (const TableUse& use : tables_read(statement)) {
    Mistake place = work.located({"", "", use.position, 0});
    std::string name = use.table;
    if (!use.schema.empty()) name = use.schema + '.' + name;
    if (!use.catalog.empty()) name = use.catalog + '.' + name;
    result.push_back({std::move(name), place.offset, place.length});
  }
  return result;
}

void Binder::Impl::refuse_tables(const Work& work, const Json& statement, std::vector<std::string>& read) {
  std::vector<Mistake> mistakes;
  std::vector<std::string> names;
  for (const auto& table : tables) names.push_back(table.second);
  for (const TableUse& use : tables_read(statement)) {
    if (!use.schema.empty() || !use.catalog.empty()) {
      mistakes.push_back(work.located({fmt::format("`{}.{}` is no source or step of this pipeline",
                                                   use.schema.empty() ? use.catalog : use.schema, use.table),
                                       "write just the name of a source or step", use.position, 0}));
      continue;
    }
    if (use.versioned) {
      mistakes.push_back(work.located(
          {"a step reads the present rows of a table, not a version", "leave AT (…) out", use.position, 0}));
    }
    auto table = tables.find(ascii::lower(use.table));
    if (table == tables.end()) {
      bool file = use.table.find_first_of("./*:") != std::string::npos;
      std::string hint = file            ? "steps read sources and steps only: declare the file under `sources`"
                         : names.empty() ? "this pipeline has no source or step to read"
                                         : suggest(use.table, names, "sources and steps");
      mistakes.push_back(work.located({fmt::format("unknown table `{}`", use.table), hint, use.position, 0}));
    } else if (std::find(read.begin(), read.end(), table->second) == read.end()) {
      read.push_back(table->second);
    }
  }
  if (!mistakes.empty()) refuse_all(std::move(mistakes));
}

void Binder::Impl::refuse_calls(const Work& work, const Json& statement) {
  std::vector<Mistake> mistakes = forbidden(statement);
  for (Mistake& mistake : mistakes) mistake = work.located(std::move(mistake));
  if (auto wrong = duckdb::find_wrong_call(statement, parser)) {
    mistakes.push_back(work.located({wrong->message, wrong->hint, wrong->position, 0}));
  }
  if (!mistakes.empty()) refuse_all(std::move(mistakes));
}

Json Binder::Impl::plan(const Work& work, const Json& statement) {
  Json answer = parser.plan(work.bound);
  if (answer.value("error", true)) {
    auto columns_here = [&](const std::string& table) {
      std::string position = duckdb::text_at(answer, "position");
      return position.empty() ? Names() : parser.columns_at(statement, std::stoull(position), table);
    };
    // Without a position a name is looked for in the bound text, by its own tokens.
    refuse(work.located(explain(answer, work.bound, duckdb::tokenize(work.bound), columns_here)));
  }
  return std::move(answer["plans"][0]);
}

namespace {

bool holds_null_type(const Json& type) {
  if (duckdb::text_at(type, "id") == "NULL") return true;
  if (!type.is_structured()) return false;
  return std::any_of(type.begin(), type.end(), holds_null_type);
}

// DuckDB gives a result column without a type INTEGER, by a cast that stands where its child does. A cast that the user
// wrote has a place of its own.
bool was_untyped(const Json& operation, size_t column) {
  std::string kind = duckdb::text_at(operation, "type");
  auto children = operation.find("children");
  bool has_child = children != operation.end() && children->size() == 1;
  if (kind != "LOGICAL_PROJECTION") {
    bool passes =
        kind == "LOGICAL_ORDER_BY" || kind == "LOGICAL_LIMIT" || kind == "LOGICAL_DISTINCT" || kind == "LOGICAL_FILTER";
    return passes && has_child && was_untyped(children->front(), column);
  }
  const Json& expressions = operation.at("expressions");
  if (column >= expressions.size()) return false;
  const Json& expression = expressions[column];
  std::string form = duckdb::text_at(expression, "expression_class");
  if (form == "BOUND_REF") return has_child && was_untyped(children->front(), expression.value("index", size_t{0}));
  if (form != "BOUND_CAST") return false;
  const Json& child = expression.at("child");
  if (duckdb::position_of(expression) != duckdb::position_of(child)) return false;
  if (child.contains("value")) return holds_null_type(child["value"].value("type", Json()));
  return holds_null_type(child.value("return_type", Json()));
}

}  // namespace

// Names and types of the result as the lake will have them; casts: which of the columns have another type now.
std::vector<Field> Binder::Impl::result_fields(const Work& work, const Json& statement, const Json& plan,
                                               std::vector<bool>& casts) {
  duckdb::Prepared prepared;
  if (duckdb_prepare(instance.connection(), work.bound.c_str(), prepared.out()) != DuckDBSuccess) {
    duckdb::DuckdbError error = duckdb::Instance::parse_error(duckdb_prepare_error(prepared.get()));
    refuse(work.located({error.message, "", error.position, 0}));
  }
  size_t count = duckdb_prepared_statement_column_count(prepared.get());
  const Json* expressions = result_expressions(statement);
  if (expressions != nullptr && expressions->size() != count) expressions = nullptr;
  auto position = [&](size_t column) {
    return expressions == nullptr ? BoundQuery::kNoPosition : duckdb::first_position((*expressions)[column]);
  };
  std::vector<Mistake> mistakes;
  auto wrong = [&](size_t column, std::string message, std::string hint) {
    mistakes.push_back(work.located({std::move(message), std::move(hint), position(column), 0}));
  };
  if (count > limits::kColumns) {
    refuse(work.located(
        {fmt::format("{} columns are too many: at most {}", count, limits::kColumns), "", BoundQuery::kNoPosition, 0}));
  }
  std::vector<Field> fields;
  std::map<std::string, size_t> seen;
  for (size_t i = 0; i < count; ++i) {
    const char* raw = duckdb_prepared_statement_column_name(prepared.get(), i);
    std::string name = raw == nullptr ? "" : raw;
    duckdb_free(const_cast<char*>(raw));
    if (std::string_view reason = wrong_with_name(name); !reason.empty()) {
      wrong(i, fmt::format("the name of result column {} {}", i + 1, reason), "name it: … AS name");
    } else if (!seen.emplace(ascii::lower(name), i).second) {
      wrong(i, fmt::format("two result columns are called `{}`", name), "give one of them another name: … AS name");
    }
    LakeType lake =
        lake_type_of(duckdb::LogicalType(duckdb_prepared_statement_column_logical_type(prepared.get(), i)).get());
    if (lake.refused.empty() && was_untyped(plan, i)) {
      lake.refused = "a NULL without a type is nothing that a table may have";
      lake.hint = "say which type the NULL has: CAST(NULL AS VARCHAR)";
    }
    if (!lake.refused.empty()) {
      if (lake.hint.empty())
        lake.hint = fmt::format("write CAST(… AS {}) AS {}", to_string(lake.type), quote_name(name));
      wrong(i, fmt::format("column `{}`: {}", name, lake.refused), lake.hint);
    }
    casts.push_back(lake.cast);
    fields.push_back({std::move(name), std::move(lake.type)});
  }
  if (!mistakes.empty()) refuse_all(std::move(mistakes));
  return fields;
}

namespace {

// SELECT each column, some cast to their lake types, FROM (the text). A cast that overflows names the column: the
// plan's projection and DuckDB's message ("when casting from source column …") both have it.
void wrap(Work& work, const std::vector<Field>& fields, const std::vector<bool>& casts) {
  std::string prefix = "SELECT ";
  for (size_t i = 0; i < fields.size(); ++i) {
    std::string name = quote_name(fields[i].name);
    prefix += i == 0 ? "" : ", ";
    prefix += casts[i] ? fmt::format("CAST({} AS {}) AS {}", name, to_string(fields[i].type), name) : name;
  }
  prefix += " FROM (\n";
  std::vector<Piece> pieces{{0, work.tokens.front().offset, 0, true}};
  for (Piece piece : work.pieces) {
    piece.bound += prefix.size();
    pieces.push_back(piece);
  }
  pieces.push_back({prefix.size() + work.bound.size(), work.user.size(), 0, true});
  work.pieces = std::move(pieces);
  // The line end closes a comment at the text's end.
  work.bound = prefix + work.bound + "\n)";
}

}  // namespace

namespace {

bool holds_parameter(const Json& node) {
  if (!node.is_structured()) return false;
  if (duckdb::text_at(node, "class") == "PARAMETER") return true;
  return std::any_of(node.begin(), node.end(), holds_parameter);
}

// DuckDB names a column without a name by its expression, and that would change with a parameter's value.
// The offset of each mistake is the column's number.
std::vector<Mistake> named_by_parameter(const Json& statement) {
  std::vector<Mistake> mistakes;
  const Json* results = result_expressions(statement);
  for (size_t i = 0; results != nullptr && i < results->size(); ++i) {
    if (duckdb::text_at((*results)[i], "alias").empty() && holds_parameter((*results)[i])) {
      mistakes.push_back(
          {"a result column that is computed with a parameter needs a name", "name it: … AS name", i, 0});
    }
  }
  return mistakes;
}

}  // namespace

namespace {

// Functions that ask for the time, for chance, or for what the connection did before.
constexpr auto kUnrepeatable = std::to_array<std::string_view>({"current_connection_id",
                                                                "current_date",
                                                                "current_localtime",
                                                                "current_localtimestamp",
                                                                "current_query",
                                                                "current_query_id",
                                                                "current_transaction_id",
                                                                "currval",
                                                                "gen_random_uuid",
                                                                "get_current_time",
                                                                "get_current_timestamp",
                                                                "nextval",
                                                                "now",
                                                                "random",
                                                                "setseed",
                                                                "today",
                                                                "transaction_timestamp",
                                                                "txid_current",
                                                                "uuid",
                                                                "uuidv4",
                                                                "uuidv7"});

// The first thing of a statement or a plan that gives other rows at each run; empty if there is none.
std::string find_unrepeatable(const Json& part) {
  if (!part.is_structured()) return {};
  if (part.is_object()) {
    if (duckdb::text_at(part, "type") == "LOGICAL_SAMPLE") return "TABLESAMPLE";
    bool bound = duckdb::text_at(part, "expression_class") == "BOUND_FUNCTION";
    std::string name = duckdb::text_at(part, bound ? "name" : "function_name");
    // The age of one time is that of today.
    bool of_today = name == "age" && part.contains("children") && part["children"].size() == 1;
    if (of_today || std::ranges::find(kUnrepeatable, name) != kUnrepeatable.end()) return name + "()";
  }
  for (const Json& each : part)
    if (std::string found = find_unrepeatable(each); !found.empty()) return found;
  return {};
}

}  // namespace

BoundQuery Binder::bind(std::string_view text, const std::map<std::string, Value>& params) {
  Work work = begin(text);
  Json statement = parse_select(impl_->parser, work, work.user);
  std::vector<Mistake> unnamed = named_by_parameter(statement);
  Replaced replaced = replace_parameters(work.user, work.tokens, params);
  if (replaced.pieces.size() > 1) {
    work.bound = std::move(replaced.text);
    work.pieces = std::move(replaced.pieces);
    Json after = parse_select(impl_->parser, work, work.bound);
    if (!same_but_parameters(statement, after)) {
      refuse(work.located({"a parameter stands where no value can", "a parameter stands for one value in an expression",
                           work.pieces[1].bound, 0}));
    }
    const Json* results = result_expressions(after);
    for (Mistake& mistake : unnamed) {
      mistake.offset =
          results == nullptr ? BoundQuery::kNoPosition : duckdb::first_position((*results)[mistake.offset]);
      mistake = work.located(std::move(mistake));
    }
    if (!unnamed.empty()) refuse_all(std::move(unnamed));
    statement = std::move(after);
  }
  BoundQuery query;
  impl_->refuse_calls(work, statement);
  impl_->refuse_tables(work, statement, query.tables);
  query.plan = impl_->plan(work, statement);
  std::vector<bool> casts;
  query.fields = impl_->result_fields(work, statement, query.plan, casts);
  if (std::find(casts.begin(), casts.end(), true) != casts.end()) {
    wrap(work, query.fields, casts);
    query.plan = impl_->plan(work, statement);
  }
  query.unrepeatable = find_unrepeatable(statement);  // tables made by functions have lost their arguments in the plan
  if (query.unrepeatable.empty()) query.unrepeatable = find_unrepeatable(query.plan);
  query.text = std::move(work.bound);
  query.pieces = std::move(work.pieces);
  return query;
}

}  // namespace segue::sql
