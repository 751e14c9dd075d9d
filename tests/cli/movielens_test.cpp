// The movielens pipeline: on real ratings with the numbers that are known of them, and on made ones.
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace segue::cli {
namespace {

namespace fs = std::filesystem;

class Movielens : public testing::Test {
 protected:
  Movielens() {
    fs::copy(repository() / "pipelines/movielens", project.folder() / "pipelines/movielens",
             fs::copy_options::recursive);
  }

  nlohmann::json run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"run", "movielens", "--json"});
    Outcome outcome = project.segue(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
    auto record = nlohmann::json::parse(outcome.out);
    for (const auto& step : record["steps"]) EXPECT_EQ(step["engine"], "native") << step;
    return record;
  }
  nlohmann::json rows(const std::string& sql) {
    return nlohmann::json::parse(project.segue({"sql", sql, "--output", "json"}).out);
  }

  Project project;
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_F(Movielens, RealRatings) {
  fs::path data = shared_data();
  if (data.empty()) GTEST_SKIP() << "MovieLens is not here: it lies in ../shared/data, or where SEGUE_DATA points";
  // One separator is given for all three files: that of the ratings here.
  for (const char* name : {"movies.dat", "users.dat"}) {
    std::string text = text_of(data / "ml-1m" / name);
    for (size_t at = 0; (at = text.find("::", at)) != std::string::npos;) text.replace(at, 2, "\t");
    project.write(name, text);
  }
  run({"--param", "ratings=" + (data / "ml-100k/u.data").string(), "--param", "movies=movies.dat", "--param",
       "users=users.dat", "--param", "separator=\t"});
  auto numbers = rows(
      "SELECT (SELECT count(*) FROM movielens.ratings) AS ratings, (SELECT count(DISTINCT user_id) FROM "
      "movielens.ratings) AS users,"
      " (SELECT count(DISTINCT movie_id) FROM movielens.ratings) AS movies, (SELECT count(*) FROM "
      "movielens.top_movies) AS top,"
      " (SELECT count(*) FROM movielens.movie_ratings) AS worth, (SELECT count(*) FROM movielens.quarantine) AS bad");
  EXPECT_EQ(numbers,
            nlohmann::json::parse(
                R"([{"ratings": 100000, "users": 943, "movies": 1682, "top": 2829, "worth": 3883, "bad": 0}])"));
  auto movie = rows(
      "SELECT max_rating, min_rating, round(avg_rating, 4) AS average, ratings FROM movielens.movie_ratings WHERE "
      "movie_id = 50");
  EXPECT_EQ(movie,
            nlohmann::json::parse(R"([{"max_rating": 5.0, "min_rating": 1.0, "average": 4.3585, "ratings": 583}])"));
  auto title = rows("SELECT title FROM movielens.movies WHERE movie_id = 73");
  EXPECT_EQ(title[0]["title"], "Mis\u00e9rables, Les (1995)");
}

TEST_F(Movielens, EachFileIsReadOnceAndFewRowsAreKept) {
  ASSERT_EQ(project.segue({"generate", "movielens", "--ratings", "60000", "--users", "300", "--movies", "900"}).code,
            0);
  auto record = run({"--explain"});
  std::map<std::string, uint64_t> scanned;
  bool found = false;
  for (const auto& op : record["operators"]) {
    std::string name = op["name"];
    if (name.starts_with("Scan ")) scanned[name.substr(5, name.find(' ', 5) - 5)] = op["rows_out"];
    if (name != "Partition by user_id, order by rating DESC, rated_at DESC, movie_id, first 3") continue;
    found = true;
    EXPECT_EQ(op["rows_in"], 60000);
    EXPECT_EQ(op["rows_out"], 900);
  }
  EXPECT_TRUE(found);
  EXPECT_EQ(scanned,
            (std::map<std::string, uint64_t>{{"rating_lines", 60000}, {"movie_lines", 900}, {"user_lines", 300}}));
  Outcome table = project.segue({"run", "movielens", "--full", "--explain", "--no-color"});
  EXPECT_NE(table.out.find("Scan rating_lines"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("60,000"), std::string::npos);
}

TEST_F(Movielens, MadeRatingsOfBothEnginesAreTheSame) {
  ASSERT_EQ(project.segue({"generate", "movielens", "--ratings", "30000", "--users", "300", "--movies", "900"}).code,
            0);
  run({});
  const std::vector<std::string> tables = {"ratings", "movies", "users", "movie_ratings", "top_movies"};
  std::vector<nlohmann::json> native;
  for (const std::string& table : tables) native.push_back(rows("FROM movielens." + table + " ORDER BY ALL"));
  EXPECT_EQ(native[4].size(), 900u);
  ASSERT_EQ(project.segue({"run", "movielens", "--engine", "duckdb", "--quiet"}).code, 0);
  for (size_t i = 0; i < tables.size(); ++i)
    EXPECT_EQ(rows("FROM movielens." + tables[i] + " ORDER BY ALL"), native[i]) << tables[i];
}

TEST_F(Movielens, ALineWithoutARatingGoesToTheQuarantine) {
  ASSERT_EQ(project.segue({"generate", "movielens", "--ratings", "2000", "--users", "20", "--movies", "900"}).code, 0);
  std::ofstream(project.folder() / "data/ratings.dat", std::ios::app) << "1::2::good::978300760\n1::2\n";
  run({});
  auto bad = rows("SELECT line, reason FROM movielens.quarantine ORDER BY line");
  ASSERT_EQ(bad.size(), 2u);
  EXPECT_EQ(bad[0]["line"], 2001);
  EXPECT_EQ(bad[1]["line"], 2002);
}

}  // namespace
}  // namespace segue::cli
