// Runs the *.test files natively and in DuckDB. See README.md.
#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/memory.h"
#include "engine/execute.h"
#include "sql/session.h"
#include "sql/test_file.h"

namespace segue {
namespace {

void expect_same_rows(const std::vector<std::string>& expected, const std::vector<std::string>& actual,
                      const std::string& who) {
  EXPECT_EQ(expected.size(), actual.size()) << who;
  for (size_t i = 0; i < std::min(expected.size(), actual.size()); ++i) {
    if (!same_row(expected[i], actual[i])) {
      ADD_FAILURE() << who << " gives another row " << i + 1 << "\n  expected " << expected[i] << "\n  given    "
                    << actual[i];
      return;
    }
  }
}

struct Way {
  const char* name;
  size_t threads, piece;
  bool coded, spilled;
};
constexpr Way kWays[] = {{"native, one worker", 1, 1 << 20, true, false},
                         {"native, three workers, small pieces", 3, 5, true, false},
                         {"native, two workers, strings without codes", 2, 1000, false, false},
                         {"native, two workers, large blocks in files", 2, 1000, true, true}};

Relation run(Session& session, const plan::Graph& graph, const sql::BoundQuery& query, const Way& way) {
  if (way.spilled) memory::set_limit({1, testing::TempDir()});
  struct Unlimited {
    ~Unlimited() { memory::set_limit({}); }
  } unlimited;
  return session.execute(graph, query, way.threads, way.piece, way.coded);
}

// Sessions are made once a file, and are gone before main() ends: DuckDB does not outlive it.
class Sessions : public testing::Environment {
 public:
  Session& of(const TestFile& file) {
    auto& session = sessions_[file.path.string()];
    if (!session) session = std::make_unique<Session>(file.tables);
    return *session;
  }
  void TearDown() override { sessions_.clear(); }

 private:
  std::map<std::string, std::unique_ptr<Session>> sessions_;
};

Sessions& sessions() {
  static auto* environment = new Sessions;  // GoogleTest deletes it
  return *environment;
}

class ParityTest : public testing::Test {
 public:
  ParityTest(TestFile* file, size_t index) : file_(file), index_(index) {}

  void TestBody() override {
    TestCase& test = file_->cases[index_];
    SCOPED_TRACE(file_->path.string() + ":" + std::to_string(test.line));
    try {
      Session& session = sessions().of(*file_);
      if (test.kind == TestCase::Kind::kError) return run_error(session, test);
      run_query(session, test);
    } catch (const Failure& failure) {
      ADD_FAILURE() << failure.what();
    } catch (const sql::SqlError& error) {
      ADD_FAILURE() << error.what();
    }
  }

 private:
  void run_query(Session& session, TestCase& test) {
    sql::BoundQuery query = session.bind(test.sql);
    std::vector<std::string> duckdb = rows_of(session.duckdb(query), test.ordered);
    if (std::getenv("SEGUE_UPDATE_TESTS") != nullptr) {
      test.expected = duckdb;
      update_test_file(*file_);
    }
    std::vector<std::string> expected = test.expected;
    if (!test.ordered) std::sort(expected.begin(), expected.end());
    expect_same_rows(expected, duckdb, "DuckDB");
    plan::Graph graph = session.graph(query);
    const plan::StepNode& step = *graph.find("result");
    ASSERT_EQ(step.native, !test.duckdb) << (step.native ? "it runs natively by now: drop `duckdb`"
                                                         : "left to DuckDB: " + step.reason);
    plan::Graph foreign = session.graph(query, true);
    expect_same_rows(expected, rows_of(session.execute(foreign, query, 2, 1000, true), test.ordered),
                     "DuckDB as a step");
    if (!step.native) return;
    for (const Way& way : kWays)
      expect_same_rows(expected, rows_of(run(session, graph, query, way), test.ordered), way.name);
  }

  void run_error(Session& session, const TestCase& test) {
    sql::BoundQuery query = session.bind(test.sql);
    EXPECT_THROW(session.duckdb(query), Failure) << "DuckDB";
    plan::Graph graph = session.graph(query);
    ASSERT_TRUE(graph.find("result")->native) << graph.find("result")->reason;
    for (const Way& way : kWays) {
      try {
        run(session, graph, query, way);
        ADD_FAILURE() << way.name << ": no error";
      } catch (const Failure& failure) {
        EXPECT_NE(std::string(failure.what()).find(test.expected.at(0)), std::string::npos)
            << way.name << ": " << failure.what();
      }
    }
  }

  TestFile* file_;
  size_t index_;
};

std::string text_row(const std::vector<std::optional<std::string>>& values) {
  std::string row;
  for (const auto& text : values) {
    Value value;
    value.type = TypeId::kVarchar;
    if (text) value.data = *text;
    row += (row.empty() ? "" : "|") + cell(value);
  }
  return row;
}

TEST(ParityRowsTest, ValuesAreToldApart) {
  EXPECT_EQ(text_row({std::nullopt, "NULL", "plain", "it's"}), "NULL|'NULL'|plain|it's");
  EXPECT_EQ(text_row({"a|b", "'", "", "1.50", "two\nlines"}), R"('a|b'|''''|''|'1.50'|'two\nlines')");
  EXPECT_FALSE(same_row(text_row({std::nullopt}), text_row({"NULL"})));
  EXPECT_FALSE(same_row(text_row({"a|b"}), text_row({"a", "b"})));
  EXPECT_FALSE(same_row(text_row({"1.50"}), text_row({"1.5"}))) << "texts, not numbers";
  EXPECT_TRUE(same_row("1.50|x", "1.5|x"));
  EXPECT_EQ(cells(text_row({"'|'", "b", "'c"})).size(), 3u);
}

// Every case is a test of its own, named by its file and line.
const bool kRegistered = [] {
  testing::AddGlobalTestEnvironment(&sessions());
  static std::vector<std::unique_ptr<TestFile>> files;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator("tests/sql")) {
    if (entry.path().extension() == ".test") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    files.push_back(std::make_unique<TestFile>(read_test_file(path)));
    TestFile* file = files.back().get();
    for (size_t i = 0; i < file->cases.size(); ++i) {
      std::string name = path.stem().string() + "_line_" + std::to_string(file->cases[i].line);
      testing::RegisterTest("Parity", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                            [file, i] { return new ParityTest(file, i); });
    }
  }
  return true;
}();

}  // namespace
}  // namespace segue
