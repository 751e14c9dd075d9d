// Quoted delimited files, read natively into a table, are what DuckDB's read_csv reads.
#include <random>

#include <duckdb.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "runs/project_folder.h"

namespace segue::runs {
namespace {

// How many rows a query gives, in a DuckDB that knows nothing of Segue.
int64_t count_rows(const std::string& sql) {
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  EXPECT_EQ(duckdb_open(nullptr, &database), DuckDBSuccess);
  EXPECT_EQ(duckdb_connect(database, &connection), DuckDBSuccess);
  duckdb_result result;
  duckdb_state state = duckdb_query(connection, fmt::format("SELECT count(*) FROM ({})", sql).c_str(), &result);
  int64_t count = -1;
  if (state == DuckDBSuccess) {
    duckdb_data_chunk chunk = duckdb_fetch_chunk(result);
    count = static_cast<const int64_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0)))[0];
    duckdb_destroy_data_chunk(&chunk);
  } else {
    ADD_FAILURE() << sql << ": " << duckdb_result_error(&result);
  }
  duckdb_destroy_result(&result);
  duckdb_disconnect(&connection);
  duckdb_close(&database);
  return count;
}

std::string in_quotes(const std::string& text) {
  std::string field = "\"";
  for (char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + '"';
}

TEST(QuotedSource, TheTableHasTheRowsOfReadCsv) {
  std::mt19937 random(7);
  const std::vector<std::string> texts = {"Cake",         "",     "Sigur R\xC3\xB3s",      "a,b",  "\"",
                                          "12\" \"mix\"", "\n\n", "two\r\nlines, \"one\"", "NULL", " spaces "};
  constexpr int kRows = 50000;
  std::string csv = "user_id,\"played,\nat\",artist\r\n";
  for (int row = 0; row < kRows; ++row) {
    std::string user = fmt::format("user_{}", random() % 100);
    std::string time = fmt::format("2009-05-{:02} {:02}:{:02}:00", 1 + random() % 31, random() % 24, random() % 60);
    const std::string& artist = texts[random() % texts.size()];
    bool plain = artist.find_first_of(",\"\r\n") == std::string::npos && random() % 2 == 0;
    csv += fmt::format("{},{},{}{}", random() % 2 == 0 ? user : in_quotes(user),
                       random() % 2 == 0 ? time : in_quotes(time), plain ? artist : in_quotes(artist), "\r\n");
  }
  ProjectFolder project;
  project.write("plays.csv", csv);
  project.write_pipeline(R"(name: p
sources:
  plays:
    path: plays.csv
    format: {type: delimited, delimiter: ",", quote: '"', header: true}
    columns: {user_id: varchar, played_at: timestamp, artist: varchar}
steps:
  plays_again: {sql: SELECT * FROM plays}
)");
  RunResult run = project.run();
  ASSERT_EQ(run.state, RunState::kSucceeded) << (run.errors.empty() ? "" : run.errors[0].message);
  EXPECT_EQ(run.steps[0].engine, "native") << run.steps[0].reason;
  std::string ours = fmt::format("SELECT user_id, played_at::TIMESTAMP AS played_at, artist FROM read_parquet('{}')",
                                 (project.lake() / "p/plays_again/**/*.parquet").string());
  std::string theirs = fmt::format(
      "FROM read_csv('{}', delim = ',', quote = '\"', escape = '\"', header = true, auto_detect = false, "
      "allow_quoted_nulls = false, new_line = '\\r\\n', columns = {{user_id: 'VARCHAR', played_at: 'TIMESTAMP', "
      "artist: 'VARCHAR'}})",
      (project.path() / "plays.csv").string());
  EXPECT_EQ(count_rows(theirs), kRows);
  EXPECT_EQ(count_rows(ours), kRows);
  EXPECT_EQ(count_rows(fmt::format("({}) EXCEPT ALL ({})", ours, theirs)), 0);
  EXPECT_EQ(count_rows(fmt::format("({}) EXCEPT ALL ({})", theirs, ours)), 0);
}

}  // namespace
}  // namespace segue::runs
