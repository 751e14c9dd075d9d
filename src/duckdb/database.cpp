#include "duckdb/database.h"

#include <algorithm>
#include <list>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "duckdb/answers.h"
#include "duckdb/instance.h"
#include "duckdb/literal.h"
#include "duckdb/parsed.h"
#include "duckdb/refuse_changes.h"
#include "duckdb/session_number.h"
#include "duckdb/version_clause.h"

namespace segue::duckdb {

namespace {

using ascii::lower;

// "lastfm.top_songs" -> lastfm, top_songs; "plays" -> "", plays.
std::pair<std::string, std::string> split_name(const std::string& name) {
  size_t dot = name.find('.');
  return dot == std::string::npos ? std::pair(std::string(), name)
                                  : std::pair(name.substr(0, dot), name.substr(dot + 1));
}

std::string quoted_full_name(const std::string& name) {
  auto [schema, table] = split_name(name);
  return schema.empty() ? quote_name(table) : quote_name(schema) + '.' + quote_name(table);
}

}  // namespace

struct Database::Impl {
  struct Entry {
    const ParquetTable* parquet = nullptr;
    TableSource* source = nullptr;
    bool made = false;
  };

  static std::vector<std::filesystem::path> readable_files(const std::vector<ParquetTable>& tables) {
    std::vector<std::filesystem::path> files;
    for (const ParquetTable& table : tables) files.insert(files.end(), table.files.begin(), table.files.end());
    return files;
  }

  Impl(const std::vector<ParquetTable>& parquet_tables, const std::vector<ReadTable>& source_tables,
       const DatabaseOptions& options)
      : parquet(parquet_tables),
        sources(source_tables),
        find_version(options.find_version),
        instance({options.threads, options.memory, options.temporary_folder, readable_files(parquet_tables),
                  options.readable_folders}),
        parser(instance.connection()),
        functions(instance.connection(), options.threads) {
    for (const ParquetTable& table : parquet) add(table.name).parquet = &table;
    for (const ReadTable& table : sources) add(table.name).source = table.source.get();
  }

  Entry& add(const std::string& name) {
    auto [known, fresh] = tables.try_emplace(lower(name));
    if (!fresh) fail(ErrorCode::kUsage, fmt::format("two tables are called `{}`", name));
    return known->second;
  }

  void make_view(const std::string& name, Entry& known);
  void make_views(const nlohmann::json& parsed);
  std::string parquet_select(const ParquetTable& table);
  // The text with the tables of its AT clauses replaced by those of the versions that they ask for.
  std::string resolve_versions(const std::string& text);
  int64_t evaluate(const VersionClause& clause, const std::string& text);

  std::vector<ParquetTable> parquet;
  std::vector<ReadTable> sources;
  std::list<ParquetTable> versions;  // that queries asked for; they keep their place
  FindVersion find_version;
  Instance instance;
  Parser parser;
  TableFunction functions;
  std::map<std::string, Entry> tables;  // by name in small letters
};

Database::Database(const std::vector<ParquetTable>& parquet, const std::vector<ReadTable>& sources,
                   const DatabaseOptions& options)
    : impl_(std::make_unique<Impl>(parquet, sources, options)) {}
Database::~Database() = default;

// The files' rows with the table's columns and types, whatever each file has.
std::string Database::Impl::parquet_select(const ParquetTable& table) {
  std::string columns;
  auto add = [&](const Field& field, bool there) {
    std::string name = quote_name(field.name);
    if (!columns.empty()) columns += ", ";
    columns += fmt::format("CAST({} AS {}) AS {}", there ? name : "NULL", to_string(field.type), name);
  };
  if (table.source) {
    for (const Field& field : table.fields) add(field, true);
    if (!table.file_column.empty()) add({table.file_column, TypeId::kVarchar}, true);
    return fmt::format("SELECT {} FROM segue_table({})", columns, functions.add(*table.source, false));
  }
  if (table.files.empty()) {
    for (const Field& field : table.fields) add(field, false);
    if (!table.file_column.empty()) add({table.file_column, TypeId::kVarchar}, false);
    return fmt::format("SELECT {} WHERE false", columns);
  }
  std::string files;
  for (const auto& file : table.files)
    files += (files.empty() ? "" : ", ") + literal(Value{TypeId::kVarchar, file.string()});
  std::string types;  // of the columns that folders tell
  for (const Field& field : table.fields) {
    bool told = std::any_of(table.partition_by.begin(), table.partition_by.end(),
                            [&](const std::string& name) { return lower(name) == lower(field.name); });
    if (told)
      types += fmt::format("{}{}: {}", types.empty() ? "" : ", ", quote_name(field.name), to_string(field.type));
  }
  std::string hive =
      types.empty() ? "hive_partitioning = false" : fmt::format("hive_partitioning = true, hive_types = {{{}}}", types);
  if (!table.file_column.empty()) hive += ", filename = " + literal(Value{TypeId::kVarchar, table.file_column});
  std::string read = fmt::format("read_parquet([{}], union_by_name = {}, {})", files, table.files.size() > 1, hive);
  Prepared prepared;
  if (duckdb_prepare(instance.connection(), ("SELECT * FROM " + read).c_str(), prepared.out()) != DuckDBSuccess) {
    fail(ErrorCode::kIo,
         fmt::format("`{}`: {}", table.name, Instance::parse_error(duckdb_prepare_error(prepared.get())).message));
  }
  std::set<std::string> there;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(prepared.get()); ++i) {
    const char* name = duckdb_prepared_statement_column_name(prepared.get(), i);
    there.insert(lower(name));
    duckdb_free(const_cast<char*>(name));
  }
  for (const Field& field : table.fields) add(field, there.count(lower(field.name)) != 0);
  if (!table.file_column.empty()) add({table.file_column, TypeId::kVarchar}, true);
  return fmt::format("SELECT {} FROM {}", columns, read);
}

void Database::Impl::make_view(const std::string& name, Entry& known) {
  if (known.made) return;
  std::string select = known.parquet != nullptr
                           ? parquet_select(*known.parquet)
                           : fmt::format("SELECT * FROM segue_table({})", functions.add(*known.source, false));
  if (std::string schema = split_name(name).first; !schema.empty())
    instance.execute("CREATE SCHEMA IF NOT EXISTS " + quote_name(schema));
  instance.execute(fmt::format("CREATE VIEW {} AS {}", quoted_full_name(name), select), ErrorCode::kIo);
  known.made = true;
}

namespace {

// Calls name for every table in a parsed statement, as "schema.table" or "table" in small letters.
void each_table(const nlohmann::json& node, const std::function<void(const std::string&)>& name) {
  if (!node.is_structured()) return;
  if (text_at(node, "type") == "BASE_TABLE") {
    std::string schema = text_at(node, "schema_name"), table = text_at(node, "table_name");
    name(lower(schema.empty() ? table : schema + '.' + table));
  }
  for (const auto& child : node) each_table(child, name);
}

bool has_type(const nlohmann::json& node, const char* type) {
  if (!node.is_structured()) return false;
  if (text_at(node, "type") == type) return true;
  return std::any_of(node.begin(), node.end(), [&](const nlohmann::json& child) { return has_type(child, type); });
}

}  // namespace

// A view opens its table's files, so only those are made that the text reads; all, where that cannot be told (SHOW
// TABLES, the catalog).
void Database::Impl::make_views(const nlohmann::json& parsed) {
  bool all = parsed.value("error", true) || has_type(parsed, "SHOW_REF") || has_type(parsed, "TABLE_FUNCTION");
  each_table(parsed, [&](const std::string& name) {
    auto known = tables.find(name);
    if (known == tables.end()) {
      all = true;  // maybe the catalog's own, or a WITH clause's
    } else {
      make_view(name, known->second);
    }
  });
  if (!all) return;
  for (auto& [name, known] : tables) make_view(name, known);
}

int64_t Database::Impl::evaluate(const VersionClause& clause, const std::string& text) {
  Result result;
  std::string sql =
      fmt::format("SELECT CAST(({}\n) AS {})", clause.expression, clause.timestamp ? "TIMESTAMP" : "BIGINT");
  if (duckdb_query(instance.connection(), sql.c_str(), result.get()) == DuckDBSuccess) {
    Chunk chunk(duckdb_fetch_chunk(*result.get()));
    if (chunk && duckdb_data_chunk_get_size(chunk.get()) == 1) {
      duckdb_vector vector = duckdb_data_chunk_get_vector(chunk.get(), 0);
      uint64_t* valid = duckdb_vector_get_validity(vector);
      if (valid == nullptr || duckdb_validity_row_is_valid(valid, 0))
        return *static_cast<int64_t*>(duckdb_vector_get_data(vector));
    }
  }
  throw Failure(Error{
      ErrorCode::kUsage, fmt::format("`{}` is no {}", clause.expression, clause.timestamp ? "timestamp" : "version"),
      place_of(text, clause.offset), "write `AT (VERSION => 3)` or `AT (TIMESTAMP => '2026-11-21 12:00:00')`"});
}

std::string Database::Impl::resolve_versions(const std::string& text) {
  std::vector<VersionClause> clauses = find_version_clauses(text);
  if (clauses.empty() || !find_version) return text;
  std::vector<std::string> schemas;
  for (const VersionClause& clause : clauses) {
    TableVersion found;
    try {
      found = find_version(clause.schema + '.' + clause.table, {clause.timestamp, evaluate(clause, text)});
    } catch (const Failure& failure) {
      Error error = failure.error();
      if (!error.place.known()) error.place = place_of(text, clause.schema_offset);
      throw Failure(std::move(error));
    }
    schemas.push_back(fmt::format("{}@{}", clause.schema, found.version));
    found.table.name = fmt::format("{}.{}", schemas.back(), clause.table);
    if (tables.contains(lower(found.table.name))) continue;
    versions.push_back(std::move(found.table));
    add(versions.back().name).parquet = &versions.back();
  }
  return without_version_clauses(text, clauses, schemas);
}

std::unique_ptr<Answers> Database::answers(const std::string& asked, const Cancellation& cancellation) {
  cancellation.check();
  if (std::optional<Refusal> refused = find_change(asked))
    throw Failure(Error{ErrorCode::kUsage, refused->message, place_of(asked, refused->position), refused->hint});
  std::string text = impl_->resolve_versions(asked);
  nlohmann::json parsed = impl_->parser.parse(text);
  impl_->make_views(parsed);
  if (parsed.contains("statements")) {
    if (auto wrong = find_wrong_call(parsed["statements"], impl_->parser)) {
      throw Failure(Error{ErrorCode::kUsage, wrong->message, place_of(text, wrong->position), wrong->hint});
    }
  }
  std::vector<std::string> names;
  for (const auto& [name, entry] : impl_->tables)
    if (name.find('@') == std::string::npos) names.push_back(name);  // those are versions
  return make_answers({impl_->instance.connection(), impl_->functions, impl_->parser}, std::move(text),
                      std::move(parsed), std::move(names), cancellation);
}

std::unique_ptr<ResultStream> Database::query(const std::string& asked, const Cancellation& cancellation) {
  std::unique_ptr<ResultStream> rows = answers(asked, cancellation)->next();
  SEGUE_ASSERT(rows != nullptr);
  return rows;
}

}  // namespace segue::duckdb
