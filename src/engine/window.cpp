#include "engine/window.h"

#include <algorithm>

#include "base/error.h"
#include "engine/expressions/gather.h"

namespace segue::engine {
namespace {

template <class Visit>
void for_partitions(const Batch& batch, Visit visit) {
  for (size_t p = 0; p < batch.partitions.size(); ++p) {
    size_t end = p + 1 < batch.partitions.size() ? batch.partitions[p + 1] : batch.rows;
    if (batch.partitions[p] < end) visit(static_cast<size_t>(batch.partitions[p]), end);
  }
}

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

Column row_number(const Batch& batch) {
  auto numbers = std::make_shared<Numbers>();
  numbers->values.resize(batch.rows);
  for_partitions(batch, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) numbers->values[i] = static_cast<int64_t>(i - begin + 1);
  });
  return bigint_column(std::move(numbers));
}

// changes[i] tells that row i begins a new group of peers: another order key than the row before, or a new partition.
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

// Sessions: rows whose distance to the row before is at most the gap belong together. Rows without a time have no session.
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
        session += static_cast<uint64_t>(values[i * times.stride]) - static_cast<uint64_t>(values[(i - 1) * times.stride]) > most;
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

// lag and lead: the argument `offset` rows away, or the default.
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

plan::Call as_call(const plan::WindowCall& call) {
  plan::Call result;
  result.name = call.name;
  result.type = call.type;
  result.arguments = call.arguments;
  return result;
}

std::vector<plan::ExpressionPtr> all_arguments(const std::vector<plan::WindowCall>& calls) {
  std::vector<plan::ExpressionPtr> all;
  for (const auto& call : calls) all.insert(all.end(), call.arguments.begin(), call.arguments.end());
  return all;
}

// Aggregates that can accumulate().
constexpr const char* kRunning[] = {"count_star", "count", "sum", "sum_no_overflow", "avg", "min", "max", "first", "any_value"};

}  // namespace

WindowStage::WindowStage(const plan::Window& node, size_t input_width, std::vector<size_t> order, size_t workers)
    : calls_(node.calls), input_width_(input_width), order_(std::move(order)), evaluator_(all_arguments(node.calls)), states_(workers) {
  size_t next = 0;
  for (const auto& call : calls_) {
    first_argument_.push_back(next);
    next += call.arguments.size();
  }
}

// The aggregate over all rows of the partition up to each row (and its peers), or over all of the partition.
Column WindowStage::running_aggregate(const plan::WindowCall& call, const Batch& batch, std::span<const Column> arguments) {
  bool whole = call.end == plan::FrameBound::kUnboundedFollowing || (order_.empty() && !call.rows);
  Array<uint32_t> numbers(batch.rows);
  if (whole) {
    uint32_t number = 0;
    for_partitions(batch, [&](size_t begin, size_t end) {
      std::fill(numbers.begin() + begin, numbers.begin() + end, number);
      ++number;
    });
    auto state = make_aggregate_state(as_call(call));
    state->resize(number);
    state->update(arguments, numbers.data(), batch.rows);
    return gather(state->finish(), {numbers.data(), batch.rows});
  }
  // Steps: rows that enter the frame together. Each step is a group; then every group gets what came before it.
  Array<uint8_t> begins = call.rows ? Array<uint8_t>(batch.rows, 1) : peer_changes(batch, order_);
  Array<uint8_t> restarts(batch.rows, 0);
  for_partitions(batch, [&](size_t begin, size_t) { restarts[begin] = 1; });
  uint32_t steps = 0;
  Array<uint8_t> step_restarts;
  for (size_t i = 0; i < batch.rows; ++i) {
    if (begins[i] || restarts[i]) {
      ++steps;
      step_restarts.push_back(restarts[i]);
    }
    numbers[i] = steps - 1;
  }
  auto state = make_aggregate_state(as_call(call));
  state->resize(steps);
  state->update(arguments, numbers.data(), batch.rows);
  state->accumulate(step_restarts.data());
  return gather(state->finish(), {numbers.data(), batch.rows});
}

Column WindowStage::compute(const plan::WindowCall& call, const Batch& batch, std::span<const Column> arguments) {
  if (call.name == "row_number") return row_number(batch);
  if (call.name == "session_number") return session_number(batch, arguments[0], arguments[1]);
  if (call.name == "rank" || call.name == "dense_rank") return rank(batch, order_, call.name == "dense_rank");
  if (call.name == "lag" || call.name == "lead") return shifted(batch, arguments, call.name == "lead");
  return running_aggregate(call, batch, arguments);
}

void WindowStage::consume(size_t worker, Batch batch) {
  std::vector<Column> arguments = evaluator_.evaluate(batch, states_[worker]);
  std::vector<Column> results;
  for (size_t i = 0; i < calls_.size(); ++i) {
    results.push_back(compute(calls_[i], batch, std::span(arguments).subspan(first_argument_[i], calls_[i].arguments.size())));
  }
  batch.columns.resize(input_width_);
  for (Column& result : results) batch.columns.push_back(std::move(result));
  emit(worker, std::move(batch));
}

std::optional<std::string> window_unsupported(const plan::WindowCall& call) {
  for (const auto& argument : call.arguments) {
    if (auto problem = unsupported(*argument)) return problem;
  }
  auto no_columns = [](const plan::Expression& expression) {
    auto walk = [](auto& self, const plan::Expression& e) -> bool {
      if (e.kind == plan::Expression::Kind::kColumn) return false;
      return std::all_of(e.arguments.begin(), e.arguments.end(), [&](const auto& a) { return self(self, *a); });
    };
    return walk(walk, expression);
  };
  if (call.name == "row_number" || call.name == "rank" || call.name == "dense_rank") return std::nullopt;
  if (call.name == "session_number") {
    bool timestamp = call.arguments.size() == 2 && call.arguments[0]->type.id == TypeId::kTimestamp;
    if (!timestamp || !no_columns(*call.arguments[1])) return "session_number of other than TIMESTAMP and a constant INTERVAL";
    return std::nullopt;
  }
  if (call.name == "lag" || call.name == "lead") {
    if (call.arguments.size() > 1 && !no_columns(*call.arguments[1])) return call.name + " with an offset that is no constant";
    if (call.arguments.size() > 1 && call.arguments[1]->type.id != TypeId::kBigint) return call.name + " with an offset of another type";
    return std::nullopt;
  }
  if (std::find(std::begin(kRunning), std::end(kRunning), call.name) == std::end(kRunning)) return "the window function " + call.name;
  return aggregate_unsupported(as_call(call));
}

}  // namespace segue::engine
