#include "engine/window_functions.h"

#include <algorithm>

#include "base/error.h"
#include "engine/expressions/gather.h"

namespace segue::engine {
namespace {

struct Numbers {
  Array<int64_t> values;
  Array<uint8_t> valid;
};

Column bigint_column(std::shared_ptr<Numbers> numbers) {
  Column column;
  column.type = TypeId::kBigint;
  column.values = numbers->values.data();
  column.valid = numbers->valid.empty() ? nullptr : numbers->valid.data();
  column.owner = std::move(numbers);
  return column;
}

}  // namespace

Column row_number(const Batch& batch) {
  auto numbers = std::make_shared<Numbers>();
  numbers->values.resize(batch.rows);
  for_partitions(batch, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) numbers->values[i] = static_cast<int64_t>(i - begin + 1);
  });
  return bigint_column(std::move(numbers));
}

Array<uint8_t> peer_changes(const Batch& batch, const std::vector<size_t>& order) {
  Array<uint8_t> changes(batch.rows, 0);
  for (size_t column_index : order) {
    const Column& column = batch.columns[column_index];
    if (column.constant()) continue;
    for (size_t i = 1; i < batch.rows; ++i) changes[i] |= !equal(column, i - 1, column, i);
  }
  for_partitions(batch, [&](size_t begin, size_t) { changes[begin] = 1; });
  return changes;
}

Column rank(const Batch& batch, const std::vector<size_t>& order, bool dense) {
  Array<uint8_t> changes = peer_changes(batch, order);
  auto numbers = std::make_shared<Numbers>();
  numbers->values.resize(batch.rows);
  for_partitions(batch, [&](size_t begin, size_t end) {
    int64_t number = 0;
    for (size_t i = begin; i < end; ++i) {
      if (changes[i]) number = dense ? number + 1 : static_cast<int64_t>(i - begin + 1);
      numbers->values[i] = number;
    }
  });
  return bigint_column(std::move(numbers));
}

Column relative_rank(const Batch& batch, const std::vector<size_t>& order, bool cumulative) {
  Array<uint8_t> changes = peer_changes(batch, order);
  auto shares = std::make_shared<Array<double>>(batch.rows);
  for_partitions(batch, [&](size_t begin, size_t end) {
    auto rows = static_cast<double>(end - begin);
    for (size_t first = begin, last = begin; first < end; first = last) {
      last = first + 1;
      while (last < end && !changes[last]) ++last;
      double share = cumulative  ? static_cast<double>(last - begin) / rows
                     : rows == 1 ? 0
                                 : static_cast<double>(first - begin) / (rows - 1);
      std::fill(shares->begin() + first, shares->begin() + last, share);
    }
  });
  Column column;
  column.type = TypeId::kDouble;
  column.values = shares->data();
  column.owner = std::move(shares);
  return column;
}

Column ntile(const Batch& batch, const Column& buckets) {
  SEGUE_ASSERT(buckets.constant());
  if (!buckets.is_valid(0)) return null_column(TypeId::kBigint);
  if (buckets.as<int64_t>()[0] < 1)
    fail(ErrorCode::kData, "ntile() wants a number of buckets that is greater than zero");
  auto numbers = std::make_shared<Numbers>();
  numbers->values.resize(batch.rows);
  for_partitions(batch, [&](size_t begin, size_t end) {
    auto rows = static_cast<int64_t>(end - begin);
    int64_t count = std::min(buckets.as<int64_t>()[0], rows);
    int64_t small = rows / count, large = rows - count * small;  // so many buckets have a row more
    for (int64_t i = 0; i < rows; ++i) {
      int64_t in_large = large * (small + 1);
      numbers->values[begin + i] = i < in_large ? 1 + i / (small + 1) : 1 + large + (i - in_large) / small;
    }
  });
  return bigint_column(std::move(numbers));
}

Column session_number(const Batch& batch, const Column& times, const Column& gap) {
  constexpr int64_t kDayMicros = int64_t{86'400'000'000};
  SEGUE_ASSERT(gap.constant() && gap.is_valid(0));
  const Interval& interval = gap.as<Interval>()[0];
  Int128 limit = static_cast<Int128>(interval.days) * kDayMicros + interval.micros;
  auto numbers = std::make_shared<Numbers>();
  numbers->values.resize(batch.rows);
  const auto* values = times.as<int64_t>();
  if (times.valid == nullptr && limit >= 0 && limit < (int64_t{1} << 60)) {
    auto most = static_cast<uint64_t>(limit);
    for_partitions(batch, [&](size_t begin, size_t end) {
      int64_t session = 1;
      numbers->values[begin] = 1;
      for (size_t i = begin + 1; i < end; ++i) {
        session +=
            static_cast<uint64_t>(values[i * times.stride]) - static_cast<uint64_t>(values[(i - 1) * times.stride]) >
            most;
        numbers->values[i] = session;
      }
    });
    return bigint_column(std::move(numbers));
  }
  numbers->valid.resize(batch.rows);
  for_partitions(batch, [&](size_t begin, size_t end) {
    int64_t session = 0, before = 0;
    for (size_t i = begin; i < end; ++i) {
      numbers->valid[i] = times.is_valid(i);
      if (numbers->valid[i]) {
        int64_t time = values[i * times.stride];
        if (session == 0 || static_cast<Int128>(time) - before > limit) ++session;
        before = time;
      }
      numbers->values[i] = session;
    }
  });
  return bigint_column(std::move(numbers));
}

Column shifted(const Batch& batch, std::span<const Column> arguments, bool forward) {
  int64_t offset = 1;
  if (arguments.size() > 1) {
    SEGUE_ASSERT(arguments[1].constant());
    if (!arguments[1].is_valid(0)) return null_column(arguments[0].type);
    offset = arguments[1].as<int64_t>()[0];
  }
  if (!forward) offset = -offset;
  Array<uint32_t> rows(batch.rows);
  bool outside = false;
  for_partitions(batch, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      Int128 from = static_cast<Int128>(i) + offset;
      bool inside = from >= static_cast<Int128>(begin) && from < static_cast<Int128>(end);
      rows[i] = inside ? static_cast<uint32_t>(from) : kNoRow;
      outside = outside || !inside;
    }
  });
  if (arguments.size() < 3 || !outside) return gather(arguments[0], {rows.data(), rows.size()});
  // Rows of the argument, then those of the default.
  Column values = flatten(arguments[0], batch.rows), defaults = flatten(arguments[2], batch.rows);
  std::vector<Piece> pieces = {{&values, batch.rows}, {&defaults, batch.rows}};
  Column both = concat(values.type, pieces);
  for (size_t i = 0; i < batch.rows; ++i) {
    if (rows[i] == kNoRow) rows[i] = static_cast<uint32_t>(batch.rows + i);
  }
  return gather(both, {rows.data(), rows.size()});
}

}  // namespace segue::engine
