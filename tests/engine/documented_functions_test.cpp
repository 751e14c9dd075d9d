// docs/sql.md names every scalar function that runs natively, and no other.
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "engine/expressions/kernel.h"

namespace segue::test {
namespace {

// The names in backquotes of the section.
std::set<std::string> names_in_section(const std::string& path, const std::string& title) {
  std::ifstream in(path);
  std::set<std::string> names;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#")) inside = line == title;
    if (!inside) continue;
    static const std::regex kName("`([a-z0-9_]+)`");
    for (std::sregex_iterator found(line.begin(), line.end(), kName), end; found != end; ++found)
      names.insert((*found)[1]);
  }
  return names;
}

TEST(DocumentedFunctions, AreThoseThatRunNatively) {
  // Written as operators or words in SQL; `add` and its like are other names of operators.
  const std::set<std::string> kOperators = {"add",
                                            "and",
                                            "cast",
                                            "divide",
                                            "ilike_escape",
                                            "in",
                                            "is_distinct_from",
                                            "is_not_distinct_from",
                                            "is_not_null",
                                            "is_null",
                                            "like_escape",
                                            "multiply",
                                            "not",
                                            "not_ilike_escape",
                                            "not_in",
                                            "not_like_escape",
                                            "or",
                                            "subtract",
                                            "try_cast"};
  std::set<std::string> native = {"coalesce"};
  for (const engine::Kernel* kernel : engine::all_kernels()) {
    std::string name(kernel->name);
    if (std::regex_match(name, std::regex("[a-z0-9_]+")) && !kOperators.contains(name)) native.insert(name);
  }
  std::set<std::string> documented = names_in_section("docs/sql.md", "## Functions that run natively");
  for (const std::string& name : native) EXPECT_TRUE(documented.contains(name)) << name << " is not in docs/sql.md";
  for (const std::string& name : documented) EXPECT_TRUE(native.contains(name)) << name << " is not native";
}

}  // namespace
}  // namespace segue::test
