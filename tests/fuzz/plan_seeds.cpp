// Writes the bound plans of the queries of tests/sql/*.test into a folder, as inputs for plan_fuzz.cpp.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sql/binder.h"
#include "sql/test_file.h"

int main(int count, char** arguments) {
  namespace fs = std::filesystem;
  using Json = nlohmann::json;
  if (count != 3) {
    std::fprintf(stderr, "usage: plan_seeds FOLDER-OF-TESTS FOLDER\n");
    return 2;
  }
  constexpr size_t kMostBytes = 8 << 10;  // smaller ones are tried more often
  fs::create_directories(arguments[2]);
  size_t written = 0;
  for (const auto& entry : fs::directory_iterator(arguments[1])) {
    if (entry.path().extension() != ".test") continue;
    TestFile file = read_test_file(entry.path());
    segue::sql::Binder binder;
    Json sources = Json::object();
    for (const auto& [name, select] : file.tables) {
      segue::sql::Table table{name, binder.bind(select).fields};
      binder.add_table(table);
      for (const auto& field : table.fields) sources[name].push_back({field.name, to_string(field.type)});
    }
    for (const TestCase& test : file.cases) {
      if (test.kind != TestCase::Kind::kQuery) continue;
      segue::sql::BoundQuery query = binder.bind(test.sql);
      Json used = Json::object();
      for (const std::string& name : query.tables) used[name] = sources[name];
      std::string text = Json{{"sources", used}, {"plan", query.plan}}.dump();
      if (text.size() > kMostBytes) continue;
      std::ofstream(fs::path(arguments[2]) / fmt::format("{}_{}.json", entry.path().stem().string(), test.line))
          << text;
      ++written;
    }
  }
  std::printf("%zu plans\n", written);
  return written == 0 ? 1 : 0;
}
