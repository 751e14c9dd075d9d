// The calls that each kernel is tried with, as an expression for us and as SQL for DuckDB.
#pragma once

#include <string>
#include <vector>

#include "engine/expressions/kernel.h"

namespace segue::test {

struct KernelCall {
  std::vector<Type> columns;                   // the types of c0, c1, …
  std::vector<plan::ExpressionPtr> arguments;  // columns and constants
  std::string sql;                             // over c0, c1, …
  Type target;                                 // of casts; else to be asked of DuckDB
};

// At least one for every kernel that tests know how to call; none is a mistake of the tests.
std::vector<KernelCall> calls_of(const engine::Kernel& kernel);

}  // namespace segue::test
