// Each mistake one can make, with the whole text that it is answered by: cases/*.test.
#include <gtest/gtest.h>

#include "definition/cases.h"

namespace segue::definition {
namespace {

TEST(Mistakes, YamlIsWrong) { run_cases("yaml.test"); }
TEST(Mistakes, KeysAreWrong) { run_cases("keys.test"); }
TEST(Mistakes, NamesAreWrong) { run_cases("names.test"); }
TEST(Mistakes, ParamsAreWrong) { run_cases("params.test"); }
TEST(Mistakes, VariablesAreWrong) { run_cases("variables.test"); }
TEST(Mistakes, SourcesAreWrong) { run_cases("sources.test"); }
TEST(Mistakes, StepsAreWrong) { run_cases("steps.test"); }
TEST(Mistakes, ChecksAreWrong) { run_cases("checks.test"); }
TEST(Mistakes, ProjectIsWrong) { run_cases("project.test"); }

}  // namespace
}  // namespace segue::definition
