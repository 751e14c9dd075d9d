// Which files of a source no step needs, because its folders tell values that the steps' filters refuse.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "columns/type.h"
#include "columns/value.h"
#include "plan/graph.h"

namespace segue::runs {

// Whoever reads a source, by the conditions that it asks of a file's folders: a file is read if all of one's hold. They
// are over the source's columns, of which they need only those that folders tell. Empty: all files are read.
using Readers = std::vector<std::vector<plan::ExpressionPtr>>;

// The readers of a source in a graph of all steps. `told`: the columns that folders tell, ascending. Where one reader
// asks nothing of the folders there are none, since it needs all files.
Readers readers_of(const plan::Graph& graph, const std::string& source, const std::vector<size_t>& told);

// Whether a reader needs a file with these values of the columns that folders tell. A condition that has no answer does
// not speak against it: the run will tell.
bool needed(const Readers& readers, const std::vector<size_t>& told, const std::vector<Value>& values);

}  // namespace segue::runs
