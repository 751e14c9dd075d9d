// Window functions that look at rows' places: numbers, ranks, sessions, neighbours. Each gives one column over a batch
// of whole, ordered partitions. `order` are the batch's columns that rows are ordered by.
#pragma once

#include <span>
#include <vector>

#include "base/memory.h"
#include "columns/column.h"

namespace segue::engine {

// Calls visit(begin, end) for each partition that has rows.
template <class Visit>
void for_partitions(const Batch& batch, Visit visit) {
  for (size_t p = 0; p < batch.partitions.size(); ++p) {
    size_t end = p + 1 < batch.partitions.size() ? batch.partitions[p + 1] : batch.rows;
    if (batch.partitions[p] < end) visit(static_cast<size_t>(batch.partitions[p]), end);
  }
}

// changes[i] tells that row i begins a new group of peers: another order key than the row before, or a new partition.
Array<uint8_t> peer_changes(const Batch& batch, const std::vector<size_t>& order);

Column row_number(const Batch& batch);
Column rank(const Batch& batch, const std::vector<size_t>& order, bool dense);
// The share of the other rows that come before, or, if cumulative, of all rows that come before or are peers.
Column relative_rank(const Batch& batch, const std::vector<size_t>& order, bool cumulative);
// The number of the bucket, of `buckets` (a constant BIGINT) of about equal size. Throws Failure(kData) if that is less
// than 1.
Column ntile(const Batch& batch, const Column& buckets);
// Sessions: rows whose distance to the row before is at most the gap belong together. Rows without a time have no
// session.
Column session_number(const Batch& batch, const Column& times, const Column& gap);
// lag and lead (if forward): the argument `offset` rows away, or the default.
Column shifted(const Batch& batch, std::span<const Column> arguments, bool forward);

}  // namespace segue::engine
