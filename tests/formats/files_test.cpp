#include "formats/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "formats/scan_helpers.h"

namespace segue::formats {
namespace {

using testing::HasSubstr;

class Files : public testing::Test {
 protected:
  Files() {
    for (const char* name :
         {"a/1.tsv", "a/2.tsv", "a/10.tsv", "a/.hidden.tsv", "b/x/3.tsv", "b/4.json", "b/.git/5.tsv", "c[1].tsv"})
      folder.write(name, "");
  }
  std::vector<std::string> expand(const std::string& pattern) {
    std::vector<std::string> names;
    std::string root = folder.path("");
    for (const std::string& file : expand_files(folder.path(pattern))) names.push_back(file.substr(root.size()));
    return names;
  }
  Error error_of(const std::string& pattern) {
    try {
      expand_files(pattern);
    } catch (const Failure& failure) {
      return failure.error();
    }
    ADD_FAILURE() << "no error";
    return {};
  }
  using Names = std::vector<std::string>;
  TestFolder folder;
};

TEST_F(Files, APathThatExistsIsTakenAsItIs) {
  EXPECT_EQ(expand("a/1.tsv"), Names{"a/1.tsv"});
  EXPECT_EQ(expand("c[1].tsv"), Names{"c[1].tsv"});
}

TEST_F(Files, PatternsMatchNamesInOrderOfThePath) {
  EXPECT_EQ(expand("a/*.tsv"), (Names{"a/1.tsv", "a/10.tsv", "a/2.tsv"}));
  EXPECT_EQ(expand("a/?.tsv"), (Names{"a/1.tsv", "a/2.tsv"}));
  EXPECT_EQ(expand("a/[12].tsv"), (Names{"a/1.tsv", "a/2.tsv"}));
  EXPECT_EQ(expand("a/[!1].tsv"), Names{"a/2.tsv"});
  EXPECT_EQ(expand("?/*.json"), Names{"b/4.json"});
  EXPECT_EQ(expand("c\\[*"), Names{"c[1].tsv"});
}

TEST_F(Files, TwoStarsMatchAnyFoldersButHiddenOnes) {
  EXPECT_EQ(expand("**/*.tsv"), (Names{"a/1.tsv", "a/10.tsv", "a/2.tsv", "b/x/3.tsv", "c[1].tsv"}));
  EXPECT_EQ(expand("b/**"), (Names{"b/4.json", "b/x/3.tsv"}));
  EXPECT_EQ(expand("**/x/*"), Names{"b/x/3.tsv"});
}

TEST_F(Files, FoldersThatMatchAreLeftOut) { EXPECT_EQ(expand("b/*"), Names{"b/4.json"}); }

TEST_F(Files, LinksThatLeadRoundAreNotFollowedForEver) {
  std::filesystem::create_directory_symlink(folder.path("b"), folder.path("b/x/round"));
  EXPECT_EQ(expand("b/**/*.tsv"), Names{"b/x/3.tsv"});
}

TEST_F(Files, AMissingFileIsAnErrorWithTheNearestName) {
  Error error = error_of(folder.path("a/11.tsv"));
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_EQ(error.place.file, folder.path("a/11.tsv"));
  EXPECT_THAT(error.message, HasSubstr("no such file"));
  EXPECT_THAT(error.hint, HasSubstr("did you mean " + folder.path("a/1")));
  EXPECT_THAT(error_of(folder.path("none/1.tsv")).hint, HasSubstr("there is no folder"));
}

TEST_F(Files, AFolderIsAllFilesBelowIt) {
  EXPECT_EQ(expand("a"), (Names{"a/1.tsv", "a/10.tsv", "a/2.tsv"}));
  EXPECT_EQ(expand("b"), (Names{"b/4.json", "b/x/3.tsv"}));
  folder.write("b/_SUCCESS", "");
  folder.write("b/_temporary/6.tsv", "");
  EXPECT_EQ(expand("b/"), (Names{"b/4.json", "b/x/3.tsv"}));
}

TEST_F(Files, AFolderWithoutFilesIsAnError) {
  folder.write("c/_SUCCESS", "");
  EXPECT_THAT(error_of(folder.path("c")).message, HasSubstr("holds no files"));
}

TEST_F(Files, LinksToFoldersAreNotFollowed) {
  std::filesystem::create_directory_symlink(folder.path("a"), folder.path("b/round"));
  std::filesystem::create_symlink(folder.path("a/1.tsv"), folder.path("b/link.tsv"));
  EXPECT_EQ(expand("b"), (Names{"b/4.json", "b/link.tsv", "b/x/3.tsv"}));
}

TEST_F(Files, ADeltaTableIsNoFolderOfFiles) {
  folder.write("t/_delta_log/00000000000000000000.json", "{}");
  folder.write("t/part.parquet", "");
  Error error = error_of(folder.path("t"));
  EXPECT_THAT(error.message, HasSubstr("is a Delta table"));
  EXPECT_THAT(error.hint, HasSubstr("table: pipeline.step"));
}

TEST_F(Files, NoMatchIsAnError) {
  Error error = error_of(folder.path("a/*.csv"));
  EXPECT_THAT(error.message, HasSubstr("no file matches"));
  EXPECT_FALSE(error.hint.empty());
  EXPECT_THAT(error_of("").message, HasSubstr("empty"));
}

TEST_F(Files, AFolderThatCannotBeReadIsAnError) {
  ::chmod(folder.path("b/x").c_str(), 0);
  Error error;
  {
    Unprivileged user(folder);
    error = error_of(folder.path("b/**/*.tsv"));
  }
  ::chmod(folder.path("b/x").c_str(), 0755);
  EXPECT_THAT(error.message, HasSubstr("can't be read"));
}

}  // namespace
}  // namespace segue::formats
