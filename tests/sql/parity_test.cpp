// Runs the *.test files natively and in DuckDB. See README.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/memory.h"
#include "duckdb/duckdb_engine.h"
#include "engine/execute.h"
#include "plan/graph.h"
#include "sql/binder.h"
#include "sql/test_file.h"

namespace segue {
namespace {

// A table in memory, handed out in small pieces so that everything that is split over tasks and workers is.
class RelationScanner : public formats::Scanner {
 public:
  RelationScanner(const Relation& relation, const std::vector<size_t>& columns, size_t piece) : columns_(columns), piece_(piece) {
    for (size_t column : columns) fields_.push_back(relation.fields[column]);
    for (const Batch& batch : relation.batches) {
      for (size_t begin = 0; begin < batch.rows; begin += piece) pieces_.push_back({&batch, begin});
    }
  }
  size_t morsels() const override { return pieces_.size(); }
  uint64_t bytes() const override { return 0; }
  const std::vector<Field>& fields() const override { return fields_; }
  void scan(size_t /*worker*/, size_t morsel, const std::function<void(Batch&&)>& emit) override {
    auto [batch, begin] = pieces_[morsel];
    Batch piece;
    piece.rows = std::min(piece_, batch->rows - begin);
    piece.sequence = morsel;
    for (size_t column : columns_) piece.columns.push_back(batch->columns[column].slice(begin));
    emit(std::move(piece));
  }
  void finish() override {}
  std::vector<formats::BadRow> take_bad_rows() override { return {}; }

 private:
  std::vector<size_t> columns_;
  size_t piece_;
  std::vector<Field> fields_;
  std::vector<std::pair<const Batch*, size_t>> pieces_;
};

// Text columns coded by one dictionary each, as a scan makes them.
Relation coded(const Relation& relation) {
  Relation result = relation;
  for (size_t c = 0; c < relation.fields.size(); ++c) {
    if (relation.fields[c].type.id != TypeId::kVarchar) continue;
    auto dictionary = std::make_shared<Dictionary>();
    for (Batch& batch : result.batches) {
      Array<uint32_t> codes(batch.rows);
      for (size_t i = 0; i < batch.rows; ++i) codes[i] = batch.columns[c].is_valid(i) ? dictionary->intern(batch.columns[c].text(i)) : 0;
      auto owner = share(std::move(codes));
      Column column;
      column.type = relation.fields[c].type;
      column.values = owner->data();
      column.dictionary = dictionary;
      column.owner = owner;
      batch.columns[c] = std::move(column);
    }
  }
  return result;
}

// A value as it stands in a row: quoted where it could be read as another value, as two, or as the end of the rows. See README.md.
std::string cell(const Value& value) {
  std::string text = to_string(value);
  if (value.null()) return text;
  bool letters = value.type.id == TypeId::kVarchar || value.type.id == TypeId::kBlob;
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  bool like_another = text.empty() || text == "NULL" || *end == 0;
  if (!(letters && like_another) && !text.starts_with('\'') && text.find_first_of("|\n\r") == std::string::npos) return text;
  std::string quoted = "'";
  for (char c : text) {
    switch (c) {
      case '\'': quoted += "''"; break;
      case '\\': quoted += "\\\\"; break;
      case '\n': quoted += "\\n"; break;
      case '\r': quoted += "\\r"; break;
      default: quoted += c;
    }
  }
  return quoted + '\'';
}

// The values of a row that cell() wrote, quotes and all.
std::vector<std::string> cells(const std::string& row) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (char c : row) {
    if (c == '|' && !quoted) {
      cells.emplace_back();
      continue;
    }
    // Of two quotes within quotes, the first ends and the second begins again.
    if (c == '\'' && (cells.back().empty() || cells.back().front() == '\'')) quoted = !quoted;
    cells.back() += c;
  }
  return cells;
}

std::vector<std::string> rows_of(const Relation& relation, bool ordered) {
  std::vector<std::string> rows;
  for (const Batch& batch : relation.batches) {
    for (size_t i = 0; i < batch.rows; ++i) {
      std::string row;
      for (size_t c = 0; c < relation.fields.size(); ++c) {
        if (c != 0) row += '|';
        row += cell(value_at(batch.columns[c], i));
      }
      rows.push_back(row);
    }
  }
  if (!ordered) std::sort(rows.begin(), rows.end());
  return rows;
}

// Rows are equal if their values are, numbers that are printed with a point or an exponent to 1e-12.
bool same_value(const std::string& a, const std::string& b) {
  if (a == b) return true;
  if (a.find_first_of(".e") == std::string::npos && b.find_first_of(".e") == std::string::npos) return false;
  char *end_a = nullptr, *end_b = nullptr;
  double x = std::strtod(a.c_str(), &end_a), y = std::strtod(b.c_str(), &end_b);
  if (*end_a != 0 || *end_b != 0 || a.empty() || b.empty()) return false;
  return std::abs(x - y) <= 1e-12 * std::max(std::abs(x), std::abs(y));
}

bool same_row(const std::string& a, const std::string& b) {
  std::vector<std::string> of_a = cells(a), of_b = cells(b);
  return std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(), same_value);
}

void expect_same_rows(const std::vector<std::string>& expected, const std::vector<std::string>& actual, const std::string& who) {
  EXPECT_EQ(expected.size(), actual.size()) << who;
  for (size_t i = 0; i < std::min(expected.size(), actual.size()); ++i) {
    if (!same_row(expected[i], actual[i])) {
      ADD_FAILURE() << who << " gives another row " << i + 1 << "\n  expected " << expected[i] << "\n  given    " << actual[i];
      return;
    }
  }
}

// The tables of a file, and both ways to run a query over them.
class Session {
 public:
  explicit Session(const TestFile& file) : engine_({.threads = 1, .memory = 0, .temporary_folder = {}}) {
    for (const auto& [name, select] : file.tables) {
      std::map<std::string, const Relation*> inputs;
      for (const auto& [other, relation] : tables_) inputs[other] = &relation;
      tables_[name] = engine_.run(binder_.bind(select).text, inputs, cancellation_);
      coded_[name] = coded(tables_[name]);
      binder_.add_table({name, tables_[name].fields});
    }
  }

  sql::BoundQuery bind(const std::string& sql) { return binder_.bind(sql); }

  Relation duckdb(const sql::BoundQuery& query) {
    std::map<std::string, const Relation*> inputs;
    for (const auto& name : query.tables) inputs[name] = &tables_.at(name);
    return engine_.run(query.text, inputs, cancellation_);
  }

  plan::Graph graph(const sql::BoundQuery& query, bool force_foreign = false) {
    std::vector<plan::SourceTable> sources;
    for (const auto& [name, relation] : tables_) sources.push_back({name, relation.fields});
    return plan::build_graph(sources, {{"result", query.plan, query.fields, query.tables, true}}, engine::unsupported, force_foreign);
  }

  // Runs the graph; steps that are not native go to DuckDB, as in a run.
  Relation execute(const plan::Graph& graph, const sql::BoundQuery& query, size_t threads, size_t piece, bool with_codes) {
    Workers workers(threads, cancellation_);
    Progress progress;
    engine::Request request;
    request.results["result"] = graph.find("result")->root;
    request.open_source = [&](const plan::Scan& scan) {
      return std::make_unique<RelationScanner>((with_codes ? coded_ : tables_).at(scan.source), scan.columns, piece);
    };
    request.run_foreign = [&](const plan::Foreign& step, const std::vector<Relation>& relations) {
      std::map<std::string, const Relation*> inputs;
      for (size_t i = 0; i < relations.size(); ++i) inputs[step.names[i]] = &relations[i];
      return engine_.run(query.text, inputs, cancellation_);
    };
    request.workers = &workers;
    request.progress = &progress;
    return engine::execute(request).at("result");
  }

 private:
  Cancellation cancellation_;
  duckdb::Engine engine_;
  sql::Binder binder_;
  std::map<std::string, Relation> tables_, coded_;
};

struct Way {
  const char* name;
  size_t threads, piece;
  bool coded;
};
constexpr Way kWays[] = {{"native, one worker", 1, 1 << 20, true},
                         {"native, three workers, small pieces", 3, 5, true},
                         {"native, two workers, strings without codes", 2, 1000, false}};

// Sessions are made once a file.
Session& session_of(const TestFile& file) {
  static std::map<std::string, std::unique_ptr<Session>> sessions;
  auto& session = sessions[file.path.string()];
  if (!session) session = std::make_unique<Session>(file);
  return *session;
}

class ParityTest : public testing::Test {
 public:
  ParityTest(TestFile* file, size_t index) : file_(file), index_(index) {}

  void TestBody() override {
    TestCase& test = file_->cases[index_];
    SCOPED_TRACE(file_->path.string() + ":" + std::to_string(test.line));
    try {
      Session& session = session_of(*file_);
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
    ASSERT_EQ(step.native, !test.duckdb) << (step.native ? "it runs natively by now: drop `duckdb`" : "left to DuckDB: " + step.reason);
    plan::Graph foreign = session.graph(query, true);
    expect_same_rows(expected, rows_of(session.execute(foreign, query, 2, 1000, true), test.ordered), "DuckDB as a step");
    if (!step.native) return;
    for (const Way& way : kWays) expect_same_rows(expected, rows_of(session.execute(graph, query, way.threads, way.piece, way.coded), test.ordered), way.name);
  }

  void run_error(Session& session, const TestCase& test) {
    sql::BoundQuery query = session.bind(test.sql);
    EXPECT_THROW(session.duckdb(query), Failure) << "DuckDB";
    plan::Graph graph = session.graph(query);
    ASSERT_TRUE(graph.find("result")->native) << graph.find("result")->reason;
    for (const Way& way : kWays) {
      try {
        session.execute(graph, query, way.threads, way.piece, way.coded);
        ADD_FAILURE() << way.name << ": no error";
      } catch (const Failure& failure) {
        EXPECT_NE(std::string(failure.what()).find(test.expected.at(0)), std::string::npos) << way.name << ": " << failure.what();
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
      testing::RegisterTest("Parity", name.c_str(), nullptr, nullptr, __FILE__, __LINE__, [file, i] { return new ParityTest(file, i); });
    }
  }
  return true;
}();

}  // namespace
}  // namespace segue
