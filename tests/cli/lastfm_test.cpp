// The lastfm pipeline on real plays: every table has the rows that DuckDB gets from the same SQL by itself.
#include <duckdb.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "definition/load.h"

namespace segue::cli {
namespace {

namespace fs = std::filesystem;

// A DuckDB that knows nothing of Segue.
class PlainDuckdb {
 public:
  PlainDuckdb() {
    EXPECT_EQ(duckdb_open(nullptr, &database_), DuckDBSuccess);
    EXPECT_EQ(duckdb_connect(database_, &connection_), DuckDBSuccess);
  }
  ~PlainDuckdb() {
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
  }
  PlainDuckdb(const PlainDuckdb&) = delete;
  PlainDuckdb& operator=(const PlainDuckdb&) = delete;

  // The one BIGINT that a query gives; 0 of a statement without rows.
  int64_t number(const std::string& sql) {
    duckdb_result result;
    duckdb_state state = duckdb_query(connection_, sql.c_str(), &result);
    const char* error = duckdb_result_error(&result);
    EXPECT_EQ(state, DuckDBSuccess) << sql << ": " << (error == nullptr ? "" : error);
    int64_t value = 0;
    if (state == DuckDBSuccess) {
      duckdb_data_chunk chunk = duckdb_fetch_chunk(result);
      if (chunk != nullptr && duckdb_data_chunk_get_size(chunk) > 0 &&
          duckdb_column_type(&result, 0) == DUCKDB_TYPE_BIGINT)
        value = static_cast<const int64_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0)))[0];
      if (chunk != nullptr) duckdb_destroy_data_chunk(&chunk);
    }
    duckdb_destroy_result(&result);
    return value;
  }
  void run(const std::string& sql) { number(sql); }

 private:
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

// What session_number means, in words that every SQL engine knows.
std::string session_plays(const std::string& gap) {
  return fmt::format(
      "SELECT user_id, played_at, artist, track,"
      " CAST(1 + sum(CASE WHEN played_at - before > INTERVAL '{}' THEN 1 ELSE 0 END) OVER (PARTITION BY user_id ORDER "
      "BY played_at) AS BIGINT) AS session"
      " FROM (SELECT *, lag(played_at) OVER (PARTITION BY user_id ORDER BY played_at) AS before FROM plays)",
      gap);
}

std::string read_csv(const fs::path& file, const definition::Source& source) {
  std::string columns;
  for (const Field& field : source.columns)
    columns += fmt::format("{}{}: '{}'", columns.empty() ? "" : ", ", field.name, to_string(field.type));
  return fmt::format("SELECT * FROM read_csv('{}', delim = '\t', quote = '', header = true, columns = {{{}}})",
                     file.string(), columns);
}

class RealPlays : public testing::Test {
 protected:
  void SetUp() override {
    fs::path data = shared_data();
    if (data.empty())
      GTEST_SKIP() << "the plays and profiles of Last.fm-1K are not here: they lie in ../shared/data, or where "
                      "SEGUE_DATA points";
    plays_ = data / "lastfm/plays.tsv";
    users_ = data / "lastfm/userid-profile.tsv";
  }

  // Runs the pipeline and compares every table with what DuckDB says.
  void compare(const std::vector<std::string>& more, const std::string& gap) {
    std::vector<std::string> arguments = {
        "run",     "lastfm",     "--json", "--param", "plays=" + plays_.string(), "--param", "users=" + users_.string(),
        "--param", "header=true"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Outcome outcome = project_.segue(arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.out << outcome.err;

    definition::Project project = definition::load_project(project_.folder());
    definition::Pipeline pipeline = definition::load_pipeline(project, "lastfm");
    duckdb_.run("CREATE TABLE plays AS " + read_csv(plays_, *pipeline.source("plays")));
    duckdb_.run("CREATE TABLE users AS " + read_csv(users_, *pipeline.source("users")));
    ASSERT_EQ(duckdb_.number("SELECT count(*) FROM plays"), 85);
    ASSERT_EQ(duckdb_.number("SELECT count(*) FROM users"), 992);
    for (const auto& step : pipeline.steps) {
      std::string sql = step.name == "session_plays" ? session_plays(gap) : step.sql.text();
      duckdb_.run(fmt::format("CREATE {} {} AS {}", step.view ? "VIEW" : "TABLE", step.name, sql));
      if (!step.view)
        compare_table(step.name,
                      sql.find("ORDER BY plays DESC") != std::string::npos || step.name == "longest_sessions");
    }
  }

  void compare_table(const std::string& step, bool ordered) {
    fs::path file = project_.folder() / (step + ".parquet");
    Outcome outcome = project_.segue({"sql", "FROM lastfm." + step, "--to", file.string()});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    std::string number = ordered ? "*, row_number() OVER () AS n" : "*";
    std::string ours = fmt::format("SELECT {} FROM read_parquet('{}')", number, file.string());
    std::string theirs = fmt::format("SELECT {} FROM {}", number, step);
    EXPECT_GT(duckdb_.number(fmt::format("SELECT count(*) FROM {}", step)), 0);
    EXPECT_EQ(duckdb_.number(fmt::format("SELECT count(*) FROM ({} EXCEPT ALL {})", theirs, ours)), 0)
        << step << ": rows that are missing";
    EXPECT_EQ(duckdb_.number(fmt::format("SELECT count(*) FROM ({} EXCEPT ALL {})", ours, theirs)), 0)
        << step << ": rows too many";
  }

  Project project_;
  PlainDuckdb duckdb_;
  fs::path plays_;
  fs::path users_;
};

TEST_F(RealPlays, NativeTablesAreThoseOfDuckdb) {
  compare({}, "20 minutes");
  auto run = nlohmann::json::parse(project_.segue({"runs", "--json"}).out)["runs"][0];
  for (const auto& step : run["steps"]) EXPECT_EQ(step["engine"], "native") << step;
}

TEST_F(RealPlays, OfADuckdbRunToo) { compare({"--engine", "duckdb"}, "20 minutes"); }

TEST_F(RealPlays, WithAnotherGap) { compare({"--param", "gap=1 hour"}, "1 hour"); }

TEST_F(RealPlays, TheExportHoldsTheTable) {
  Outcome outcome = project_.segue({"run", "lastfm", "--quiet", "--param", "plays=" + plays_.string(), "--param",
                                    "users=" + users_.string(), "--param", "header=true"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(project_.read("most_played_tracks.tsv"),
            project_.segue({"sql", "FROM lastfm.most_played_tracks", "--output", "tsv"}).out);
}

TEST_F(RealPlays, TheHeaderIsABadRowWithoutTheParameter) {
  Outcome outcome = project_.segue(
      {"run", "lastfm", "--json", "--param", "plays=" + plays_.string(), "--param", "users=" + users_.string()});
  ASSERT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  auto run = nlohmann::json::parse(outcome.out);
  for (const auto& source : run["sources"]) EXPECT_EQ(source["bad_rows"], source["name"] == "plays" ? 1 : 0);
}

// Made plays, enough of them that rows go to files.
TEST(MadePlays, TablesAreTheSameWhateverMemoryAndThreadsThereAre) {
  Project project;
  Outcome made = project.segue({"generate", "lastfm", "--rows", "600000", "--users", "200", "--force"});
  ASSERT_EQ(made.code, 0) << made.err;
  auto tables = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"run", "lastfm", "--full", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Outcome outcome = project.segue(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    bool limited = more.back() == "4 MB";
    EXPECT_EQ(nlohmann::json::parse(outcome.out)["spilled_bytes"].get<uint64_t>() > 4'000'000, limited);
    std::vector<std::string> rows;
    for (const char* table : {"songs_per_user", "listeners", "sessions"})
      rows.push_back(project.segue({"sql", fmt::format("FROM lastfm.{} ORDER BY ALL", table), "--output", "csv"}).out);
    for (const char* table : {"top_songs", "longest_sessions", "most_played_tracks"})
      rows.push_back(project.segue({"sql", fmt::format("FROM lastfm.{}", table), "--output", "csv"}).out);
    return rows;
  };
  auto one = tables({"--threads", "1"});
  EXPECT_GT(one[2].size(), 100'000u);
  EXPECT_EQ(tables({"--threads", "3"}), one);
  EXPECT_EQ(tables({"--threads", "2", "--memory", "4 MB"}), one);
  EXPECT_TRUE(!fs::exists(project.folder() / ".segue/spill") || fs::is_empty(project.folder() / ".segue/spill"));
}

}  // namespace
}  // namespace segue::cli
