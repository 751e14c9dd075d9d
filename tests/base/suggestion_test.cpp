#include "base/suggestion.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace segue {
namespace {

using Names = std::vector<std::string>;

TEST(EditDistance, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("columns", "colums"), 1u);
  EXPECT_EQ(edit_distance("header", "haeder"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("Sql", "sql"), 0u);
}

TEST(EditDistance, IsSymmetric) {
  for (std::string a : {"", "a", "plays", "paly", "session_number"}) {
    for (std::string b : {"", "b", "play", "sessions", "number_session"})
      EXPECT_EQ(edit_distance(a, b), edit_distance(b, a)) << a << " " << b;
  }
}

TEST(Nearest, FindsWhatWasMeant) {
  Names names = {"path", "format", "columns", "bad_rows"};
  EXPECT_EQ(nearest("colums", names), "columns");
  EXPECT_EQ(nearest("badrows", names), "bad_rows");
  EXPECT_EQ(nearest("PATH", names), "path");
}

TEST(Nearest, KeepsSilentAboutWhatIsFar) {
  Names names = {"path", "format", "columns", "bad_rows"};
  EXPECT_EQ(nearest("schedule", names), "");
  EXPECT_EQ(nearest("", names), "");
  EXPECT_EQ(nearest(std::string(10'000, 'a'), names), "");
  EXPECT_EQ(nearest("x", Names{"y"}), "");
  EXPECT_EQ(nearest("anything", Names{}), "");
}

TEST(Nearest, TakesTheFirstOfEquallyNearOnes) { EXPECT_EQ(nearest("step3", Names{"step1", "step2"}), "step1"); }

TEST(Suggest, AsksAndLists) {
  Names names = {"path", "format"};
  EXPECT_EQ(suggest("pth", names), "did you mean `path`? allowed: `path`, `format`");
  EXPECT_EQ(suggest("kafka", names, "keys"), "keys: `path`, `format`");
  EXPECT_EQ(suggest("kafka", Names{}), "");
  EXPECT_EQ(suggest("pth", Names{"path"}), "did you mean `path`?") << "a list of one says nothing more";
}

TEST(QuotedList, IsCutWhenLong) {
  EXPECT_EQ(quoted_list(Names{}), "");
  EXPECT_EQ(quoted_list(Names{"a"}), "`a`");
  EXPECT_EQ(quoted_list(Names{"a", "b", "c", "d"}, 2), "`a`, `b` and 2 more");
}

}  // namespace
}  // namespace segue
