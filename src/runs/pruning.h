// The steps' filters, pushed into the scans of their sources: which files no step needs, because their folders tell
// values that all filters refuse, and which row groups of Parquet files, because their statistics do.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "columns/type.h"
#include "columns/value.h"
#include "formats/parquet.h"
#include "plan/graph.h"

namespace segue::runs {

// Who reads a source, by what its filter asks of rows. All conditions of a kind must hold.
struct Reader {
  std::vector<plan::ExpressionPtr> of_folders;  // over the source's columns, but only those that folders tell
  // That there may be such rows: over two columns for each of the source's, its least and its greatest value.
  std::vector<plan::ExpressionPtr> of_ranges;
};

// What one of them needs is read. Empty: all is.
using Readers = std::vector<Reader>;

// The readers of a source in a graph of all steps. `told`: the columns that folders tell, ascending. Where one reader
// asks nothing of any column there are none, since it needs all rows.
Readers readers_of(const plan::Graph& graph, const std::string& source, const std::vector<size_t>& told);

// Whether a reader needs a file with these values of the columns that folders tell. A condition that has no answer does
// not speak against it: the run will tell.
bool needed(const Readers& readers, const std::vector<size_t>& told, const std::vector<Value>& values);

// For ParquetSource::needed, where the files' columns are those of the source that `told` does not name. `values`: of
// `told`, for each file. Nothing if all row groups are needed.
formats::NeedsRowGroup needs_row_group(const Readers& readers, const std::vector<size_t>& told,
                                       std::vector<std::vector<Value>> values);

}  // namespace segue::runs
