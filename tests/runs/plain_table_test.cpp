// Tables of `format: parquet`: what lies in their folders is one version, for readers that know no log.
#include <algorithm>
#include <filesystem>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "columns/arrow.h"
#include "columns/value.h"
#include "duckdb/database.h"
#include "formats/parquet.h"
#include "lake/lake.h"
#include "lake/maintenance.h"
#include "lake/rewrite.h"
#include "runs/project_folder.h"
#include "runs/rewrite.h"

namespace segue::runs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class PlainTableTest : public testing::Test {
 protected:
  void write(const std::string& step) {
    project_.write_pipeline(R"(name: p
sources:
  plays:
    path: plays/*.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, year: integer}
steps:
  t: )" + step + "\n");
  }
  void file(const std::string& name, const std::string& rows) { project_.write("plays/" + name, rows); }
  RunResult run() {
    RunResult result = project_.run();
    EXPECT_EQ(result.state, RunState::kSucceeded);
    return result;
  }
  // What a reader sees that takes all Parquet files below the table's folder: the columns that each has, and what its
  // folders tell; sorted.
  std::vector<std::string> seen() {
    std::vector<std::string> lines;
    std::filesystem::path folder = project_.lake() / "p/t";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      std::filesystem::path below = entry.path().lexically_relative(folder);
      if (entry.path().extension() != ".parquet" || below.begin()->string().starts_with('_')) continue;
      std::string values = below.has_parent_path() ? fmt::format("|{}", below.parent_path().string()) : "";
      for (const std::string& line : rows_of(entry.path())) lines.push_back(fmt::format("{}{}", line, values));
    }
    std::ranges::sort(lines);
    return lines;
  }
  std::vector<std::string> rows_of(const std::filesystem::path& file) {
    uint64_t count = 0;
    std::vector<Field> fields;
    for (const formats::ParquetField& each : formats::parquet_fields(file.string(), count, cancellation_))
      fields.push_back(each.field);
    duckdb::Database database({{"t", fields, {file}}}, {});
    auto rows = database.query("FROM t", cancellation_);
    std::vector<std::string> lines;
    while (auto arrow = rows->next()) {
      segue::Batch batch = from_arrow(arrow);
      for (size_t row = 0; row < batch.rows; ++row) {
        std::string line;
        for (const Column& column : batch.columns)
          line += fmt::format("{}{}", line.empty() ? "" : "|", to_string(value_at(column, row)));
        lines.push_back(std::move(line));
      }
    }
    return lines;
  }
  lake::TableState table() { return lake_.find(name_).value(); }

  ProjectFolder project_;
  lake::Lake lake_{project_.lake().string()};
  lake::TableName name_{"p", "t"};
  Cancellation cancellation_;
};

constexpr const char* kPlain = R"({sql: "SELECT * FROM plays", format: parquet, partition_by: year})";

TEST_F(PlainTableTest, ItsFolderHoldsTheNewestVersionAlone) {
  file("1.tsv", "u1\t2008\nu2\t2009\n");
  write(kPlain);
  run();
  EXPECT_THAT(seen(), ElementsAre("u1|year=2008", "u2|year=2009"));
  file("1.tsv", "u3\t2009\n");
  run();
  EXPECT_THAT(seen(), ElementsAre("u3|year=2009"));
  EXPECT_FALSE(std::filesystem::exists(project_.lake() / "p/t/year=2008"));
  EXPECT_THAT(project_.rows("t"), ElementsAre("u3|2009"));
  EXPECT_THAT(project_.leftovers(), IsEmpty());
  try {
    lake_.at_version(name_, 0);
    ADD_FAILURE() << "the rows of version 0 are gone";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("version 0 of p.t cannot be read any more"));
  }
  EXPECT_FALSE(lake_.history(name_).at(1).readable);
}

TEST_F(PlainTableTest, AppendedRowsHaveNoHiddenColumn) {
  file("1.tsv", "u1\t2008\n");
  write(R"({sql: "SELECT * FROM plays", format: parquet, write: append})");
  run();
  file("2.tsv", "u2\t2009\n");
  run();
  EXPECT_THAT(seen(), ElementsAre("u1|2008", "u2|2009"));
  file("2.tsv", "u4\t2010\n");  // all rows are made anew, as none tells which file it is from
  run();
  EXPECT_THAT(seen(), ElementsAre("u1|2008", "u4|2010"));
}

TEST_F(PlainTableTest, AnotherFormatMakesTheTableAnew) {
  file("1.tsv", "u1\t2008\n");
  write(R"({sql: "SELECT * FROM plays"})");
  run();
  write(R"({sql: "SELECT * FROM plays", format: parquet})");
  run();
  EXPECT_EQ(table().version, 1);
  EXPECT_THAT(seen(), ElementsAre("u1|2008"));
  EXPECT_FALSE(lake_.history(name_).at(1).readable);
  write(R"({sql: "SELECT * FROM plays"})");
  run();
  EXPECT_THAT(seen(), SizeIs(2)) << "from here on versions stay";
  EXPECT_TRUE(lake_.history(name_).at(1).readable);

  write(R"({sql: "SELECT * FROM plays", write: append})");
  run();
  write(R"({sql: "SELECT * FROM plays", write: append, format: parquet})");
  run();
  EXPECT_THAT(seen(), ElementsAre("u1|2008"));
}

TEST_F(PlainTableTest, DeletedRowsAreGoneAtOnce) {
  file("1.tsv", "u1\t2008\nu2\t2008\nu3\t2009\n");
  write(kPlain);
  run();
  lake::Rewrite rewrite(lake_, name_, {});
  RewriteOptions options;
  options.threads = 1;
  options.cancellation = &cancellation_;
  Rewritten rewritten = delete_rows(rewrite.table(), "user_id = 'u1'", options);
  rewrite.replace(rewritten.files, rewritten.rows, "DELETE", 1);
  EXPECT_THAT(seen(), ElementsAre("u2|year=2008", "u3|year=2009"));
}

}  // namespace
}  // namespace segue::runs
