#include "generate/movielens.h"

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/hash.h"
#include "formats/scan_helpers.h"

namespace segue::generate {
namespace {

constexpr uint64_t kPinnedHash = 8818768111410412350u;

using formats::TestFolder;
using testing::HasSubstr;

class Movielens : public testing::Test {
 protected:
  std::filesystem::path folder_path() const { return std::filesystem::path(folder.path("x")).parent_path(); }
  void generate(const MovielensOptions& options) {
    generate_movielens(options, folder_path(), cancellation, &progress);
  }
  std::string content(const std::string& name) const {
    std::ifstream file(folder_path() / name, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::vector<std::vector<std::string>> rows(const std::string& name) const {
    std::vector<std::vector<std::string>> result;
    std::istringstream lines(content(name));
    for (std::string line; std::getline(lines, line);) {
      auto& row = result.emplace_back();
      size_t begin = 0;
      for (size_t end; (end = line.find("::", begin)) != std::string::npos; begin = end + 2)
        row.push_back(line.substr(begin, end - begin));
      row.push_back(line.substr(begin));
    }
    return result;
  }
  TestFolder folder;
  Cancellation cancellation;
  Progress progress;
};

TEST_F(Movielens, EveryRatingIsOfAMovieAndAUserOnce) {
  generate({5000, 60, 400, 7, false});
  EXPECT_EQ(progress.rows_read, 5000u);
  std::set<std::string> movies, users;
  for (const auto& row : rows("movies.dat")) {
    ASSERT_EQ(row.size(), 3u);
    EXPECT_TRUE(movies.insert(row[0]).second);
  }
  for (const auto& row : rows("users.dat")) {
    ASSERT_EQ(row.size(), 5u);
    EXPECT_TRUE(users.insert(row[0]).second);
  }
  EXPECT_EQ(movies.size(), 400u);
  EXPECT_EQ(users.size(), 60u);
  std::set<std::pair<std::string, std::string>> pairs;
  std::map<std::string, int> of_user, of_movie;
  auto ratings = rows("ratings.dat");
  EXPECT_EQ(ratings.size(), 5000u);
  for (const auto& row : ratings) {
    ASSERT_EQ(row.size(), 4u);
    EXPECT_TRUE(pairs.insert({row[0], row[1]}).second) << row[0] << " rates " << row[1] << " twice";
    EXPECT_TRUE(users.count(row[0]) == 1 && movies.count(row[1]) == 1);
    EXPECT_TRUE(row[2] >= "1" && row[2] <= "5" && row[2].size() == 1);
    ++of_user[row[0]];
    ++of_movie[row[1]];
  }
  for (const auto& [user, count] : of_user) EXPECT_GE(count, 20) << user;
  int most = 0;
  for (const auto& [movie, count] : of_movie) most = std::max(most, count);
  EXPECT_GT(most, 30) << "some movies are popular";
}

TEST_F(Movielens, TheBytesAreTheSameOnEveryMachine) {
  generate({2000, 20, 1000, 1, false});
  std::string all = content("ratings.dat") + content("movies.dat") + content("users.dat");
  EXPECT_EQ(hash_text(all.data(), all.size()), kPinnedHash);
}

TEST_F(Movielens, OptionsThatCannotBe) {
  for (const MovielensOptions& options :
       {MovielensOptions{10, 1, 400, 1, false}, MovielensOptions{5000, 1, 400, 1, false},
        MovielensOptions{5000, 60, 50, 1, false}, MovielensOptions{5000, 0, 400, 1, false}}) {
    EXPECT_THROW(generate(options), Failure);
    EXPECT_TRUE(std::filesystem::is_empty(folder_path()));
  }
}

TEST_F(Movielens, FilesThatAreThereStayAndACancelledOneLeavesNone) {
  generate({2000, 20, 1000, 1, false});
  EXPECT_THROW(generate({2000, 20, 1000, 2, false}), Failure);
  std::string before = content("ratings.dat");
  cancellation.request();
  EXPECT_THROW(generate({2000, 20, 1000, 2, true}), Failure);
  EXPECT_EQ(content("ratings.dat"), before);
}

}  // namespace
}  // namespace segue::generate
