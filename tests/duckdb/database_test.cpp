#include "duckdb/database.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <unistd.h>

#include "columns/arrow.h"
#include "relations.h"

namespace segue::duckdb {
namespace {

Value text(std::string value) { return {TypeId::kVarchar, std::move(value)}; }
Value number(int64_t value) { return {TypeId::kBigint, value}; }
Value time(int64_t micros) { return {TypeId::kTimestamp, micros}; }

// A source over a relation, that can be told to fail.
class RelationTable : public TableSource {
 public:
  explicit RelationTable(Relation relation) : relation_(std::move(relation)), source_(make_table_source(relation_)) {}
  const std::vector<Field>& fields() const override { return relation_.fields; }
  std::unique_ptr<Reading> open(const std::vector<size_t>& columns, size_t workers) override {
    if (broken) fail(ErrorCode::kIo, "plays.tsv: no such file");
    return source_->open(columns, workers);
  }
  bool broken = false;

 private:
  Relation relation_;
  std::unique_ptr<TableSource> source_;
};

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("segue_database_test_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    songs_ = {"lastfm.top_songs",
              {{"artist", TypeId::kVarchar}, {"plays", TypeId::kBigint}, {"seen", TypeId::kTimestamp}},
              {}};
    songs_.files.push_back(write(
        "a", make_relation(songs_.fields, {{text("Cake"), number(3), time(0)}, {text("it's"), number(2), time(1)}})));
    // An older file, without the last column.
    songs_.files.push_back(
        write("b c", make_relation({songs_.fields[0], songs_.fields[1]}, {{text("Beck"), number(1)}})));
    plays_ = std::make_shared<RelationTable>(make_relation(
        {{"user", TypeId::kBigint}, {"played_at", TypeId::kTimestamp}}, 10'000,
        [](size_t row, size_t column) { return std::optional<int64_t>(column == 0 ? row % 3 : row * 700'000'000); }));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, const Relation& relation) {
    std::filesystem::path path = folder_ / (name + ".parquet");
    auto file = *arrow::io::FileOutputStream::Open(path.string());
    EXPECT_TRUE(
        parquet::arrow::WriteTable(*to_arrow(relation, {true, false}), arrow::default_memory_pool(), file).ok());
    return path;
  }

  // lastfm.top_songs has two versions: 0 of its first file, 1 of both, which came at 10 s.
  TableVersion find_version(const std::string& name, const VersionChoice& choice) {
    if (name != "lastfm.top_songs") fail(ErrorCode::kUsage, "no table " + name);
    int64_t version = choice.timestamp ? choice.value >= 10'000'000 : choice.value;
    if (version > 1) fail(ErrorCode::kUsage, fmt::format("no version {}", version));
    ParquetTable table = songs_;
    table.files.resize(static_cast<size_t>(version) + 1);
    return {version, table};
  }

  Database open() {
    DatabaseOptions options{2, 0, {}};
    options.find_version = [this](const std::string& name, const VersionChoice& choice) {
      return find_version(name, choice);
    };
    options.readable_folders = {folder_};
    return Database({songs_, {"lastfm.none", {{"x", Type::list(TypeId::kDate)}}, {}}}, {{"plays", plays_}}, options);
  }

  // All rows, or the error with its place.
  std::string query(const std::string& sql) {
    Database database = open();
    try {
      auto stream = database.query(sql, cancellation_);
      Relation relation;
      relation.fields = from_arrow(*stream->schema());
      while (auto batch = stream->next()) relation.batches.push_back(from_arrow(batch));
      return rows_text(relation);
    } catch (const Failure& failure) {
      const Error& error = failure.error();
      code_ = error.code;
      std::string result = error.message;
      if (error.place.known()) result += fmt::format(" at {}:{}", error.place.line, error.place.column);
      if (!error.hint.empty()) result += " (" + error.hint + ")";
      return result;
    }
  }

  std::filesystem::path folder_;
  ParquetTable songs_;
  std::shared_ptr<RelationTable> plays_;
  Cancellation cancellation_;
  ErrorCode code_ = ErrorCode::kInternal;
};

TEST_F(DatabaseTest, TablesAndSourcesAreThereByName) {
  EXPECT_EQ(query("SELECT * FROM lastfm.top_songs ORDER BY plays"),
            "Beck|1|NULL\nit's|2|1970-01-01 00:00:00.000001\nCake|3|1970-01-01 00:00:00\n");
  EXPECT_EQ(query("SELECT count(*), typeof(any_value(seen)) FROM LastFM.Top_Songs"), "3|TIMESTAMP\n");
  EXPECT_EQ(query("SELECT count(*), typeof(any_value(x)) FROM lastfm.none"), "0|DATE[]\n");
  EXPECT_EQ(query("SELECT user, count(*) FROM plays GROUP BY ALL ORDER BY ALL"), "0|3334\n1|3333\n2|3333\n");
  EXPECT_EQ(query("SELECT count(*) FROM plays p JOIN lastfm.top_songs s ON p.user = s.plays"), "6666\n");
}

TEST_F(DatabaseTest, TheCatalogShowsAllOfThem) {
  EXPECT_EQ(query("SELECT table_schema || '.' || table_name FROM information_schema.tables ORDER BY ALL"),
            "lastfm.none\nlastfm.top_songs\nmain.plays\n");
  EXPECT_EQ(query("SELECT column_name, column_type FROM (DESCRIBE lastfm.top_songs)"),
            "artist|VARCHAR\nplays|BIGINT\nseen|TIMESTAMP\n");
  EXPECT_EQ(query("SHOW TABLES"), "plays\n");
}

TEST_F(DatabaseTest, TypesBeyondTheLakesComeOutAsArrow) {
  Database database = open();
  auto stream = database.query(
      "SELECT sum(plays) AS s, INTERVAL 1 DAY AS i, 'a'::ENUM('a') AS e, MAP {'k': 1} AS m FROM lastfm.top_songs",
      cancellation_);
  EXPECT_EQ(stream->columns(),
            (std::vector<std::pair<std::string, std::string>>{
                {"s", "HUGEINT"}, {"i", "INTERVAL"}, {"e", "ENUM('a')"}, {"m", "MAP(VARCHAR, INTEGER)"}}));
  auto batch = stream->next();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->num_rows(), 1);
  EXPECT_EQ(batch->column(0)->GetScalar(0).ValueOrDie()->ToString(), "6");
  EXPECT_EQ(stream->next(), nullptr);
  EXPECT_EQ(stream->next(), nullptr) << "the end stays the end";
}

TEST_F(DatabaseTest, RowsAreStreamed) {
  Database database = open();
  auto start = std::chrono::steady_clock::now();
  auto stream = database.query("SELECT range AS i FROM range(100000000000)", cancellation_);
  int64_t rows = 0;
  for (int i = 0; i < 100; ++i) rows += stream->next()->num_rows();
  EXPECT_GT(rows, 100);
  stream.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << "nobody computed all of it";
  EXPECT_EQ(rows_text([&] {
              auto again = database.query("SELECT 1 AS a", cancellation_);
              Relation relation;
              while (auto batch = again->next()) relation.batches.push_back(from_arrow(batch));
              return relation;
            }()),
            "1\n");
}

TEST_F(DatabaseTest, SeveralQueriesAreAnsweredInOrder) {
  Database database = open();
  auto answers = database.answers(
      "SELECT 1 AS a; FROM lastfm.top_songs SELECT count(*) AS n; -- a comment; of no matter\n"
      "PIVOT plays ON user USING count(*); DESCRIBE lastfm.top_songs; EXPLAIN SELECT 1; PRAGMA "
      "table_info('lastfm.top_songs');",
      cancellation_);
  std::vector<std::string> first_columns;
  std::vector<int64_t> rows;
  while (auto stream = answers->next()) {
    first_columns.push_back(stream->columns().at(0).first);
    rows.push_back(0);
    while (auto batch = stream->next()) rows.back() += batch->num_rows();
  }
  EXPECT_THAT(first_columns, testing::ElementsAre("a", "n", "played_at", "column_name", "explain_key", "cid"));
  EXPECT_THAT(rows, testing::ElementsAre(1, 1, 10000, 3, 1, 3));
}

TEST_F(DatabaseTest, OnlyQueriesAreRun) {
  struct {
    const char* sql;
    const char* said;
  } refused[] = {
      {"DROP TABLE lastfm.top_songs", "DROP cannot be used here: ad-hoc SQL only reads at 1:1"},
      {"create temp table t as select 1", "CREATE cannot be used here: ad-hoc SQL only reads at 1:1"},
      {"SELECT 1;\n insert into t values (1)", "INSERT cannot be used here: ad-hoc SQL only reads at 2:2"},
      {"EXPLAIN ANALYZE UPDATE t SET a = 1", "UPDATE cannot be used here: ad-hoc SQL only reads at 1:17"},
      {"EXPLAIN (ANALYZE, FORMAT json) DELETE FROM t", "DELETE cannot be used here: ad-hoc SQL only reads at 1:32"},
      {"PREPARE p AS SELECT 1", "PREPARE cannot be used here: ad-hoc SQL only reads at 1:1"},
      {"SET threads = 1", "SET cannot be used here: ad-hoc SQL only reads at 1:1"},
      {"PRAGMA threads = 1", "settings cannot be changed here: ad-hoc SQL only reads at 1:16"},
      {"/* DROP */ TRUNCATE x", "TRUNCATE cannot be used here: ad-hoc SQL only reads at 1:12"},
  };
  for (const auto& each : refused) {
    EXPECT_EQ(query(each.sql).substr(0, std::string(each.said).size()), each.said) << each.sql;
    EXPECT_EQ(code_, ErrorCode::kUsage);
  }
  EXPECT_EQ(query("WITH w AS (SELECT 1) INSERT INTO lastfm.top_songs FROM w").find("1\n"), std::string::npos);
  EXPECT_EQ(code_, ErrorCode::kUsage);
  EXPECT_EQ(query("SELECT 'DROP TABLE x; DELETE' AS \"drop\""), "DROP TABLE x; DELETE\n");
}

TEST_F(DatabaseTest, SessionNumberIsThereAndJudged) {
  EXPECT_EQ(query("SELECT max(s) FROM (SELECT session_number(played_at, INTERVAL '1200 seconds') OVER (PARTITION BY "
                  "user ORDER BY played_at) AS s "
                  "FROM plays)"),
            "3334\n");
  EXPECT_EQ(query("SELECT 1,\n  session_number(played_at, INTERVAL 1 MINUTE) OVER (ORDER BY user) FROM plays"),
            "the first ORDER BY key of session_number's window must be its time argument at 2:3 (write "
            "session_number(time, gap) OVER (PARTITION "
            "BY … ORDER BY time))");
  EXPECT_EQ(code_, ErrorCode::kUsage);
}

TEST_F(DatabaseTest, MistakesHaveLineAndColumn) {
  EXPECT_EQ(query("SELECT 'ä',\n 'ö', artst FROM lastfm.top_songs"),
            "unknown column `artst` at 2:7 (did you mean `artist`? columns here: `artist`, `plays`, `seen`)");
  EXPECT_EQ(code_, ErrorCode::kUsage);
  EXPECT_EQ(query("SELEC 1"), "`SELEC` is not expected here at 1:1 (did you mean `SELECT`?)");
  EXPECT_EQ(query("SELECT 'ä', FROM FROM"), "`FROM` is not expected here at 1:18");
  EXPECT_EQ(query("  "), "there is no SQL here (write a SELECT)");
  EXPECT_EQ(
      query("SELECT * FROM lastfm.top_song"),
      "unknown table `lastfm.top_song` at 1:15 (did you mean `lastfm.top_songs`? tables and sources: `lastfm.none`, "
      "`lastfm.top_songs`, `plays`)");
  EXPECT_EQ(query("SELECT 1; SELECT artst FROM lastfm.top_songs").substr(0, 30), "1\n")
      << "the first query is answered before the second is looked at";
}

TEST_F(DatabaseTest, VersionsOfTablesAreThere) {
  EXPECT_EQ(query("FROM lastfm.top_songs AT (VERSION => 0) ORDER BY plays"),
            "it's|2|1970-01-01 00:00:00.000001\nCake|3|1970-01-01 00:00:00\n");
  EXPECT_EQ(query("SELECT top_songs.artist FROM lastfm.top_songs AT (VERSION => 1) ORDER BY ALL"),
            "Beck\nCake\nit's\n");
  EXPECT_EQ(
      query("SELECT n.artist, o.plays FROM lastfm.top_songs AS n AT (VERSION => 2 - 1) LEFT JOIN lastfm.top_songs "
            "o AT (VERSION => 0) USING (artist) ORDER BY ALL"),
      "Beck|NULL\nCake|3\nit's|2\n");
  EXPECT_EQ(
      query("SELECT a FROM lastfm.top_songs /* AT (VERSION => 7) */ AS t (a, p, s) AT (VERSION => 0) ORDER BY ALL"),
      "Cake\nit's\n");
  EXPECT_EQ(query("SELECT count(*) FROM lastfm.top_songs AT (TIMESTAMP => '1970-01-01 00:00:09')"), "2\n");
  EXPECT_EQ(query("SELECT count(*) FROM lastfm.top_songs AT (TIMESTAMP => TIMESTAMPTZ '1970-01-01 02:00:10+02')"),
            "3\n");
  EXPECT_EQ(query("SELECT count(*) FROM lastfm.top_songs AT (TIMESTAMP => now() - INTERVAL 1 DAY)"), "3\n");
  EXPECT_EQ(query("SELECT ' FROM lastfm.top_songs AT (VERSION => 7)'"), " FROM lastfm.top_songs AT (VERSION => 7)\n");
  EXPECT_EQ(query("SUMMARIZE FROM lastfm.top_songs AT (VERSION => 0)").substr(0, 7), "artist|")
      << "in statements that are no SELECT too";
}

TEST_F(DatabaseTest, MistakesInVersionsAreLocated) {
  EXPECT_EQ(query("SELECT 1,\n * FROM lastfm.top_songs AT (VERSION => 7)"), "no version 7 at 2:9");
  EXPECT_EQ(query("FROM lastfm.top_song AT (VERSION => 7)"), "no table lastfm.top_song at 1:6");
  EXPECT_EQ(query("FROM lastfm.top_songs AT (VERSION => 'x')").substr(0, 25), "`'x'` is no version at 1:");
  EXPECT_EQ(query("FROM lastfm.top_songs AT (TIMESTAMP => NULL)").substr(0, 28), "`NULL` is no timestamp at 1:");
  EXPECT_EQ(query("SELECT artist\n FROM lastfm.top_songs AT (VERSION =>\n 0) WHERE artst = 'Cake'"),
            "unknown column `artst` at 3:11 (did you mean `artist`? columns here: `artist`, `plays`, `seen`)")
      << "what follows a version stands where it stood";
}

TEST_F(DatabaseTest, OnlyTheTablesFilesAreRead) {
  const std::vector<std::string> statements = {
      "SELECT * FROM '/etc/other.parquet'",
      "EXPLAIN ANALYZE COPY (SELECT 1) TO '" + (folder_ / "out.csv").string() + "'",
      "PREPARE p AS COPY (SELECT 1) TO '" + (folder_ / "out.csv").string() + "'; EXECUTE p",
      "SELECT * FROM read_text('/etc/passwd')",
      "COPY (SELECT 1) TO '" + (folder_ / "out.csv").string() + "'",
      "ATTACH '" + (folder_ / "x.db").string() + "'",
      "SELECT * FROM glob('/etc/*')",
      "SET enable_external_access = true"};
  for (const std::string& sql : statements) {
    std::string result = query(sql);
    EXPECT_TRUE(result.find("disabled") != std::string::npos || result.find("locked") != std::string::npos ||
                result.find("annot") != std::string::npos)
        << sql << ": " << result;
    EXPECT_EQ(code_, ErrorCode::kUsage) << sql;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.csv"));
}

TEST_F(DatabaseTest, WhatASourceThrowsComesOut) {
  plays_->broken = true;
  EXPECT_EQ(query("SELECT count(*) FROM plays"), "plays.tsv: no such file");
  EXPECT_EQ(code_, ErrorCode::kIo);
}

TEST_F(DatabaseTest, AMissingFileIsNamed) {
  std::filesystem::remove(songs_.files[1]);
  EXPECT_NE(query("SELECT * FROM lastfm.top_songs").find("b c.parquet"), std::string::npos);
  EXPECT_EQ(code_, ErrorCode::kIo);
  EXPECT_EQ(query("SELECT count(*) FROM plays"), "10000\n") << "a query that does not read it runs";
}

TEST_F(DatabaseTest, TwoTablesOfOneNameAreRefused) {
  EXPECT_THROW(Database({songs_, songs_}, {}, {1, 0, {}}), Failure);
}

TEST_F(DatabaseTest, CancellingEndsAQueryWithinASecond) {
  Database database = open();
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    cancellation_.request();
  });
  auto start = std::chrono::steady_clock::now();
  try {
    auto stream = database.query(
        "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE hash(a.range + b.range) % 1000 = 1",
        cancellation_);
    while (stream->next()) {
    }
    ADD_FAILURE() << "the query ended";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kCancelled) << failure.what();
  }
  later.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2))
      << "200 ms, and a second; the rest is for a busy machine";
}

TEST_F(DatabaseTest, CancellingEndsAStreamBetweenItsBatches) {
  Database database = open();
  auto stream = database.query("SELECT range AS i FROM range(100000000000)", cancellation_);
  EXPECT_NE(stream->next(), nullptr);
  cancellation_.request();
  try {
    stream->next();
    ADD_FAILURE() << "there came more";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kCancelled) << failure.what();
  }
}

}  // namespace
}  // namespace segue::duckdb
