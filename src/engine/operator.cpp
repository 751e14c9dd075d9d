#include "engine/operator.h"

#include <algorithm>

#include "engine/expressions/gather.h"

namespace segue::engine {

std::vector<Batch> Collector::take() {
  std::vector<Batch> all;
  for (auto& some : batches_) {
    std::move(some.begin(), some.end(), std::back_inserter(all));
    some.clear();
  }
  std::stable_sort(all.begin(), all.end(), [](const Batch& a, const Batch& b) { return a.sequence < b.sequence; });
  return all;
}

std::vector<Column> concat_batches(const std::vector<Type>& types, const std::vector<Batch>& batches) {
  std::vector<Column> columns;
  for (size_t c = 0; c < types.size(); ++c) {
    std::vector<Piece> pieces;
    for (const Batch& batch : batches) pieces.push_back({&batch.columns[c], batch.rows});
    columns.push_back(concat(types[c], pieces));
  }
  return columns;
}

}  // namespace segue::engine
