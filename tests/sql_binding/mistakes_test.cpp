// Every way in which a step's SQL can be wrong, word for word.
#include <gtest/gtest.h>

#include "binding.h"

namespace segue::sql {
namespace {

class MistakesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { shared_ = std::make_unique<Binder>(make_binder()); }
  static void TearDownTestSuite() { shared_.reset(); }
  static std::string of(const std::string& text) { return mistakes(*shared_, text); }

  static inline std::unique_ptr<Binder> shared_;
};

TEST_F(MistakesTest, Syntax) {
  EXPECT_EQ(of("SELEC 1"), R"~(SELEC 1
^^^^^
`SELEC` is not expected here
help: did you mean `SELECT`?
)~");
  EXPECT_EQ(of("SELECT FROM"), R"~(SELECT FROM
           ^
the SQL ends too early
help: what follows is missing: a table, an expression or a `)`
)~");
  EXPECT_EQ(of("SELECT 'ä', 'open"),
            "SELECT 'ä', 'open\n             ^^^^^\na text is not closed by `'`\nhelp: a `'` inside of it is written "
            "twice\n");
  EXPECT_EQ(of("SELECT artist FROM plays GROUP artist"), R"~(SELECT artist FROM plays GROUP artist
                               ^^^^^^
`artist` is not expected here
)~");
}

TEST_F(MistakesTest, NoSelect) {
  EXPECT_EQ(of(" -- nothing"), R"~( -- nothing
^
there is no SQL here
help: write a SELECT
)~");
  EXPECT_EQ(of("CREATE TABLE x (i INT)"), R"~(CREATE TABLE x (i INT)
^^^^^^
a step is one SELECT, and this is a statement that begins with `CREATE`
)~");
  for (const char* word :
       {"INSERT INTO plays VALUES (1)", "COPY plays TO 'x'", "PRAGMA version", "ATTACH 'x'", "SET threads = 1",
        "EXPLAIN SELECT 1", "DROP TABLE plays", "DELETE FROM plays", "CALL pragma_version()", "LOAD httpfs"}) {
    EXPECT_NE(of(word).find("a step is one SELECT, and this is a statement that begins with `"), std::string::npos)
        << word;
  }
  EXPECT_EQ(of("DESCRIBE plays"), R"~(DESCRIBE plays
         ^^^^^
a step is one SELECT, not DESCRIBE, SHOW or SUMMARIZE
)~");
  EXPECT_EQ(of("SELECT 1 AS a; SELECT 2"), R"~(SELECT 1 AS a; SELECT 2
             ^
a step is one SELECT, and a second statement follows here
help: make a step of each
)~");
}

TEST_F(MistakesTest, Names) {
  EXPECT_EQ(of("SELECT artst FROM plays"), R"~(SELECT artst FROM plays
       ^^^^^
unknown column `artst`
help: did you mean `artist`? columns here: `user_id`, `played_at`, `artist`, `track`, `n`, `tags`
)~");
  EXPECT_EQ(of("SELECT * FROM play"), R"~(SELECT * FROM play
              ^^^^
unknown table `play`
help: did you mean `plays`? sources and steps: `plays`, `sessions`
)~");
  EXPECT_EQ(of("SELECT lowr(artist) FROM plays"), R"~(SELECT lowr(artist) FROM plays
       ^^^^
unknown function `lowr`
help: did you mean `lower`?
)~");
  EXPECT_EQ(of("SELECT x.artist FROM plays p"), R"~(SELECT x.artist FROM plays p
       ^^^^^^^^
unknown table `x`
help: tables here: `p`
)~");
  EXPECT_EQ(of("SELECT * FROM plays JOIN sessions USING (zz)"), R"~(SELECT * FROM plays JOIN sessions USING (zz)
                                         ^^
`zz` is no column of the join's left side
help: USING takes columns that both sides have; else write ON a = b
)~");
  EXPECT_EQ(of("SELECT p.artst FROM plays p"), R"~(SELECT p.artst FROM plays p
       ^^^^^^^
`p` has no column `artst`
help: did you mean `artist`? its columns: `user_id`, `played_at`, `artist`, `track`, `n`, `tags`
)~");
  EXPECT_EQ(of("SELECT user_id FROM plays, sessions"), R"~(SELECT user_id FROM plays, sessions
       ^^^^^^^
`user_id` is a column of several tables here
help: write `plays.user_id` or `sessions.user_id`
)~");
}

// What may be named is told of the very SELECT that the mistake is in, whatever else is wrong with it.
TEST_F(MistakesTest, ColumnsHere) {
  auto hint = [&](const std::string& sql) {
    std::string said = of(sql);
    size_t at = said.find("columns here: ");
    return at == std::string::npos ? said : said.substr(at, said.size() - at - 1);
  };
  EXPECT_EQ(hint("SELECT zzz FROM (SELECT n, artist AS a FROM plays)"), "columns here: `n`, `a`");
  EXPECT_EQ(hint("SELECT n FROM (SELECT zzz FROM sessions), plays"), "columns here: `user_id`, `order`");
  EXPECT_EQ(hint("WITH w AS (SELECT n AS x FROM plays) SELECT * FROM w WHERE zzz > 1"), "columns here: `x`");
  EXPECT_EQ(hint("SELECT 1 AS a FROM plays p JOIN sessions s ON zzz = 1"),
            "columns here: `user_id`, `played_at`, `artist`, `track`, `n`, `tags`, `order`");
  EXPECT_EQ(hint("SELECT n AS m FROM plays ORDER BY zzz"),
            "columns here: `user_id`, `played_at`, `artist`, `track`, `n`, `tags`");
  EXPECT_EQ(hint("SELECT $limit AS a, zzz FROM sessions"), "columns here: `user_id`, `order`");
}

TEST_F(MistakesTest, AllUnknownTablesAtOnce) {
  EXPECT_EQ(of("SELECT * FROM zzz, lake.plays"), R"~(SELECT * FROM zzz, lake.plays
              ^^^
unknown table `zzz`
help: sources and steps: `plays`, `sessions`
SELECT * FROM zzz, lake.plays
                   ^^^^^^^^^^
`lake.plays` is no source or step of this pipeline
help: write just the name of a source or step
)~");
}

TEST_F(MistakesTest, Types) {
  EXPECT_EQ(of("SELECT date_trunc('day', artist) AS d FROM plays"), R"~(SELECT date_trunc('day', artist) AS d FROM plays
       ^^^^^^^^^^
there is no date_trunc(VARCHAR, VARCHAR)
help: it takes: `date_trunc(VARCHAR, DATE) -> TIMESTAMP`, `date_trunc(VARCHAR, INTERVAL) -> INTERVAL`, `date_trunc(VARCHAR, TIMESTAMP) -> TIMESTAMP`, `date_trunc(VARCHAR, TIMESTAMP WITH TIME ZONE) -> TIMESTAMP WITH TIME ZONE`
)~");
  EXPECT_EQ(of("SELECT artist, count(*) AS n FROM plays"), R"~(SELECT artist, count(*) AS n FROM plays
       ^^^^^^
`artist` is neither in GROUP BY nor in an aggregate
help: add it to GROUP BY, or take one value of each group: any_value(artist)
)~");
  EXPECT_EQ(of("SELECT * FROM plays LIMIT $name"), R"~(SELECT * FROM plays LIMIT $name
                          ^^^^^
'it's' is no BIGINT
)~");
  EXPECT_EQ(of("SELECT n + artist AS x FROM plays"), R"~(SELECT n + artist AS x FROM plays
         ^
`+` does not go with BIGINT and VARCHAR
help: cast one of them to what is meant, as in CAST(… AS BIGINT)
)~");
  EXPECT_EQ(of("SELECT n FROM plays WHERE count(*) > 1"), R"~(SELECT n FROM plays WHERE count(*) > 1
                          ^^^^^
an aggregate cannot stand in WHERE
help: conditions on aggregates stand behind GROUP BY, in HAVING
)~");
  EXPECT_EQ(of("SELECT n FROM plays WHERE n BETWEEN 1 AND artist"), R"~(SELECT n FROM plays WHERE n BETWEEN 1 AND artist
                            ^^^^^^^
BIGINT and VARCHAR cannot be taken together in BETWEEN clause
help: cast one of them to the type of the other: CAST(… AS …)
)~");
  EXPECT_EQ(of("SELECT row_number() AS r FROM plays"), R"~(SELECT row_number() AS r FROM plays
       ^^^^^^^^^^
`row_number` needs a window
help: write row_number(…) OVER (PARTITION BY … ORDER BY …)
)~");
}

TEST_F(MistakesTest, Parameters) {
  EXPECT_EQ(of("SELECT $nam AS x, $zzzzzz AS y"), R"~(SELECT $nam AS x, $zzzzzz AS y
       ^^^^
unknown parameter `$nam`
help: did you mean `name`? parameters: `gap`, `limit`, `name`, `none`
SELECT $nam AS x, $zzzzzz AS y
                  ^^^^^^^
unknown parameter `$zzzzzz`
help: parameters: `gap`, `limit`, `name`, `none`
)~");
  EXPECT_EQ(of("SELECT ? AS x, $1 AS y"), R"~(SELECT ? AS x, $1 AS y
       ^
`?` is no parameter
help: parameters of the pipeline are written by name: $name
SELECT ? AS x, $1 AS y
               ^^
`$1` is no parameter
help: parameters of the pipeline are written by name: $name
)~");
  EXPECT_EQ(of("SELECT n + $limit FROM plays"), R"~(SELECT n + $limit FROM plays
       ^
a result column that is computed with a parameter needs a name
help: name it: … AS name
)~");
  Binder binder = make_binder();
  try {
    binder.bind("SELECT $gap AS x");
    FAIL();
  } catch (const SqlError& error) {
    EXPECT_EQ(error.mistakes()[0].hint, "declare it under `params`");
  }
}

TEST_F(MistakesTest, ReadingAnythingButSourcesAndSteps) {
  EXPECT_EQ(of("SELECT * FROM 'a.csv'"), R"~(SELECT * FROM 'a.csv'
              ^^^^^^^
unknown table `a.csv`
help: steps read sources and steps only: declare the file under `sources`
)~");
  EXPECT_EQ(of("SELECT * FROM read_csv('/etc/passwd')"), R"~(SELECT * FROM read_csv('/etc/passwd')
              ^^^^^^^^
a step may not read through the table function `read_csv`
help: steps read sources and steps only: declare the data under `sources`
)~");
  EXPECT_EQ(of("SELECT getenv('HOME') AS home"), R"~(SELECT getenv('HOME') AS home
       ^^^^^^
a step may not call `getenv`
help: the result of a step depends on its sources, steps and parameters alone
)~");
  EXPECT_EQ(of("SELECT * FROM plays AT (VERSION => 3)"), R"~(SELECT * FROM plays AT (VERSION => 3)
              ^^^^^
a step reads the present rows of a table, not a version
help: leave AT (…) out
)~");
  for (const char* function :
       {"read_parquet", "read_text", "read_blob", "read_json", "glob", "query", "query_table", "duckdb_settings",
        "pragma_table_info", "sniff_csv", "parquet_metadata", "json_execute_serialized_sql"}) {
    EXPECT_NE(of(fmt::format("SELECT * FROM {}('x')", function))
                  .find(fmt::format("a step may not read through the table function `{}`", function)),
              std::string::npos);
  }
  for (const char* table : {"duckdb_tables", "sqlite_master", "pragma_database_list", "duckdb_columns"}) {
    EXPECT_NE(of(fmt::format("SELECT * FROM {}", table)).find("unknown table"), std::string::npos) << table;
  }
  EXPECT_NE(of("SELECT * FROM information_schema.tables").find("`information_schema.tables` is no source or step"),
            std::string::npos);
  EXPECT_NE(of("SELECT (SELECT max(content) FROM read_text('/etc/passwd')) AS x").find("read_text"), std::string::npos);
}

TEST_F(MistakesTest, ResultNames) {
  EXPECT_EQ(of("SELECT user_id, n AS \"User_ID\" FROM plays"), R"~(SELECT user_id, n AS "User_ID" FROM plays
                ^
two result columns are called `User_ID`
help: give one of them another name: … AS name
)~");
  EXPECT_EQ(of("SELECT * FROM plays JOIN sessions ON true"), R"~(SELECT * FROM plays JOIN sessions ON true
^^^^^^
two result columns are called `user_id`
help: give one of them another name: … AS name
)~");
}

TEST_F(MistakesTest, TypesThatNoTableHas) {
  auto first = [&](const std::string& expression) {
    std::string text = of("SELECT " + expression + " AS x FROM plays");
    return text.substr(text.find("column `x`"));
  };
  EXPECT_EQ(first("INTERVAL '1 day'"),
            "column `x`: INTERVAL is no type that a table may have\n"
            "help: write epoch(…) for its seconds, or CAST(… AS VARCHAR)\n");
  EXPECT_EQ(first("TIMESTAMPTZ '2020-01-01'"),
            "column `x`: TIMESTAMP WITH TIME ZONE is no type that a table may have\n"
            "help: write CAST(… AS TIMESTAMP) AS x\n");
  EXPECT_EQ(first("TIME '10:00'"),
            "column `x`: TIME is no type that a table may have\nhelp: write CAST(… AS VARCHAR) AS x\n");
  EXPECT_EQ(first("uuid()"),
            "column `x`: UUID is no type that a table may have\nhelp: write CAST(… AS VARCHAR) AS x\n");
  EXPECT_EQ(first("'a'::ENUM('a', 'b')"),
            "column `x`: ENUM('a', 'b') is no type that a table may have\n"
            "help: write CAST(… AS VARCHAR) AS x\n");
  EXPECT_EQ(first("MAP {'a': 1}"),
            "column `x`: MAP(VARCHAR, INTEGER) is no type that a table may have\n"
            "help: write map_entries(…): a list of {key, value}\n");
  EXPECT_EQ(first("[1, 2]::INT[2]"),
            "column `x`: INTEGER[2] is no type that a table may have\n"
            "help: write CAST(… AS INTEGER[]) AS x\n");
  EXPECT_EQ(first("row(1, 2)"),
            "column `x`: a struct whose fields have no names is no type that a table may have\n"
            "help: name them: {'a': …, 'b': …} instead of (…, …) or row(…)\n");
  EXPECT_EQ(first("[{'a': TIME '10:00', 'b': n}]"),
            "column `x`: TIME is no type that a table may have\n"
            "help: write CAST(… AS STRUCT(a VARCHAR, b BIGINT)[]) AS x\n");
  EXPECT_EQ(first("union_value(k := 1)"),
            "column `x`: UNION(k INTEGER) is no type that a table may have\n"
            "help: take one member out: union_extract(…, 'member')\n");
  EXPECT_EQ(first("'101'::BIT"),
            "column `x`: BIT is no type that a table may have\nhelp: write CAST(… AS VARCHAR) AS x\n");
  for (const char* untyped : {"NULL", "[]", "{'a': NULL}", "CASE WHEN n > 1 THEN NULL END"}) {
    EXPECT_EQ(first(untyped),
              "column `x`: a NULL without a type is nothing that a table may have\n"
              "help: say which type the NULL has: CAST(NULL AS VARCHAR)\n")
        << untyped;
  }
  EXPECT_EQ(of("SELECT NULL::INTEGER AS x, CAST(NULL AS VARCHAR) AS y"), "no mistake\n");
  EXPECT_EQ(of("SELECT NULL AS x, n FROM plays ORDER BY n LIMIT 3"),
            R"~(SELECT NULL AS x, n FROM plays ORDER BY n LIMIT 3
       ^^^^
column `x`: a NULL without a type is nothing that a table may have
help: say which type the NULL has: CAST(NULL AS VARCHAR)
)~");
}

TEST_F(MistakesTest, AllResultColumnsAtOnce) {
  EXPECT_EQ(of("SELECT TIME '10:00' AS a, n, n FROM plays"), R"~(SELECT TIME '10:00' AS a, n, n FROM plays
            ^^^^^^^
column `a`: TIME is no type that a table may have
help: write CAST(… AS VARCHAR) AS a
SELECT TIME '10:00' AS a, n, n FROM plays
                             ^
two result columns are called `n`
help: give one of them another name: … AS name
)~");
}

TEST_F(MistakesTest, SessionNumber) {
  auto says = [&](const std::string& call) {
    std::string text = of("SELECT " + call + " AS s FROM plays");
    if (text == "no mistake\n") return std::string();
    size_t line = text.find('\n', text.find('\n') + 1) + 1;
    return text.substr(line);
  };
  const std::string kRight = "help: write session_number(time, gap) OVER (PARTITION BY … ORDER BY time)\n";
  EXPECT_EQ(says("session_number(played_at, $gap) OVER (PARTITION BY user_id ORDER BY played_at)"), "");
  EXPECT_EQ(says("session_number(played_at, INTERVAL 20 MINUTES) OVER (ORDER BY played_at ASC NULLS FIRST, n DESC)"),
            "");
  EXPECT_EQ(says("session_number(n::TIMESTAMP, $gap) OVER (ORDER BY CAST(n AS TIMESTAMP))"), "");
  EXPECT_EQ(says("session_number(played_at, $gap) OVER (ORDER BY played_at RANGE BETWEEN UNBOUNDED PRECEDING AND "
                 "CURRENT ROW)"),
            "");
  EXPECT_EQ(says("session_number(played_at, $gap)"),
            "session_number is a window function and needs OVER (…)\n" + kRight);
  EXPECT_EQ(says("session_number(played_at, $gap) OVER (PARTITION BY user_id)"),
            "session_number needs ORDER BY its time argument in OVER (…)\n" + kRight);
  EXPECT_EQ(says("session_number(played_at, $gap) OVER (ORDER BY n, played_at)"),
            "the first ORDER BY key of session_number's window must be its time argument\n" + kRight);
  EXPECT_EQ(says("session_number(played_at, $gap) OVER (ORDER BY played_at + INTERVAL 1 DAY)"),
            "the first ORDER BY key of session_number's window must be its time argument\n" + kRight);
  EXPECT_EQ(says("session_number(played_at, $gap) OVER (ORDER BY played_at DESC)"),
            "the window of session_number must be ordered by time ascending\nhelp: leave DESC out\n");
  EXPECT_EQ(says("session_number(played_at, $gap) OVER (ORDER BY played_at ROWS 3 PRECEDING)"),
            "session_number takes no frame\nhelp: leave ROWS, RANGE, GROUPS and EXCLUDE out\n");
  EXPECT_EQ(
      says("session_number(played_at, $gap) OVER (ORDER BY played_at RANGE UNBOUNDED PRECEDING EXCLUDE CURRENT ROW)"),
      "session_number takes no frame\nhelp: leave ROWS, RANGE, GROUPS and EXCLUDE out\n");
  EXPECT_EQ(says("session_number(DISTINCT played_at, $gap) OVER (ORDER BY played_at)"),
            "session_number takes no DISTINCT\nhelp: leave DISTINCT out\n");
  EXPECT_EQ(says("session_number(played_at, $gap) FILTER (n > 1) OVER (ORDER BY played_at)"),
            "session_number takes no FILTER\nhelp: filter the rows before, in WHERE\n");
  EXPECT_EQ(says("session_number(played_at) OVER (ORDER BY played_at)"),
            "session_number takes a time and a gap\n" + kRight);
  for (const char* gap : {"INTERVAL '1 month'", "n * INTERVAL '1 minute'", "NULL", "(SELECT INTERVAL '1 minute')",
                          "INTERVAL (n) MINUTES"}) {
    EXPECT_EQ(says(fmt::format("session_number(played_at, {}) OVER (ORDER BY played_at)", gap)),
              "the gap of session_number must be a constant interval without months\nhelp: write for example INTERVAL "
              "'20 minutes'\n")
        << gap;
  }
  EXPECT_EQ(says("session_number(played_at, INTERVAL '-1 minute') OVER (ORDER BY played_at)"),
            "the gap of session_number must not be negative\nhelp: write for example INTERVAL '20 minutes'\n");
  EXPECT_EQ(says("session_number(artist, $gap) OVER (ORDER BY artist)"),
            "there is no session_number(VARCHAR, INTERVAL)\nhelp: it takes: `session_number(TIMESTAMP, INTERVAL) -> "
            "BIGINT`\n");
  EXPECT_EQ(of("SELECT n FROM plays WHERE n > 1 AND session_number(played_at, $gap) > 1"),
            R"~(SELECT n FROM plays WHERE n > 1 AND session_number(played_at, $gap) > 1
                                    ^^^^^^^^^^^^^^
session_number is a window function and needs OVER (…)
)~" + kRight);
}

TEST_F(MistakesTest, TextThatIsNoText) {
  EXPECT_EQ(of(std::string("SELECT 1\0", 9)).find("SQL text holds a NUL byte") == std::string::npos, false);
  EXPECT_NE(of("SELECT '\xff' AS x").find("UTF-8"), std::string::npos);
}

}  // namespace
}  // namespace segue::sql
