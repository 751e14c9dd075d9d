#include "engine/window.h"

#include <algorithm>

#include "base/error.h"
#include "engine/expressions/gather.h"
#include "engine/window_functions.h"

namespace segue::engine {
namespace {

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

bool of_frame(const plan::WindowCall& call) {
  return call.name == "first_value" || call.name == "last_value" || call.name == "nth_value";
}

constexpr size_t kFrameRows = size_t{1} << 16;  // of short frames that are aggregated at a time
constexpr int64_t kLongFrame = 1000;            // rows: longer frames are not aggregated one by one

// Aggregates that can accumulate().
constexpr const char* kRunning[] = {"count_star", "count", "sum",   "sum_no_overflow", "avg",
                                    "min",        "max",   "first", "any_value"};

}  // namespace

WindowStage::WindowStage(const plan::Window& node, size_t input_width, std::vector<size_t> order, size_t workers)
    : calls_(node.calls),
      input_width_(input_width),
      order_(std::move(order)),
      evaluator_(all_arguments(node.calls)),
      states_(workers) {
  size_t next = 0;
  for (const auto& call : calls_) {
    first_argument_.push_back(next);
    next += call.arguments.size();
  }
}

// Frame of each row: rows [begins[i], ends[i]) of the batch.
struct WindowStage::Frames {
  Array<uint32_t> begins, ends;
};

WindowStage::Frames WindowStage::frames(const plan::WindowCall& call, const Batch& batch) const {
  using Kind = plan::FrameBound::Kind;
  Array<uint8_t> changes;
  if (call.start.kind == Kind::kPeers || call.end.kind == Kind::kPeers) changes = peer_changes(batch, order_);
  Frames frames{Array<uint32_t>(batch.rows), Array<uint32_t>(batch.rows)};
  for_partitions(batch, [&](size_t begin, size_t end) {
    auto within = [&](size_t row, int64_t offset) {
      Int128 place = static_cast<Int128>(row) + offset;
      return static_cast<uint32_t>(std::clamp<Int128>(place, begin, end));
    };
    size_t first = begin, last = begin;  // of the row's peers
    for (size_t i = begin; i < end; ++i) {
      if (!changes.empty() && i == last) {
        first = i;
        for (last = i + 1; last < end && !changes[last];) ++last;
      }
      uint32_t& from = frames.begins[i];
      uint32_t& to = frames.ends[i];
      from = call.start.kind == Kind::kUnbounded ? begin
             : call.start.kind == Kind::kPeers   ? first
                                                 : within(i, call.start.offset);
      to = call.end.kind == Kind::kUnbounded ? end
           : call.end.kind == Kind::kPeers   ? last
                                             : within(i + 1, call.end.offset);
      to = std::max(from, to);
    }
  });
  return frames;
}

// first_value, last_value and nth_value: one row of each frame.
Column WindowStage::frame_value(const plan::WindowCall& call, const Batch& batch,
                                std::span<const Column> arguments) const {
  Frames frames = this->frames(call, batch);
  int64_t nth = 1;
  if (call.name == "nth_value") {
    if (!arguments[1].is_valid(0)) return null_column(call.type);
    nth = arguments[1].as<int64_t>()[0];
  }
  Array<uint32_t> rows(batch.rows);
  for (size_t i = 0; i < batch.rows; ++i) {
    uint32_t begin = frames.begins[i], end = frames.ends[i];
    if (call.name == "last_value") {
      rows[i] = begin == end ? kNoRow : end - 1;
    } else {
      rows[i] = nth < 1 || nth > static_cast<int64_t>(end - begin) ? kNoRow : begin + static_cast<uint32_t>(nth - 1);
    }
  }
  return gather(arguments[0], {rows.data(), rows.size()});
}

// The aggregate of short frames, each by itself.
Column WindowStage::sliding_aggregate(const plan::WindowCall& call, const Batch& batch,
                                      std::span<const Column> arguments) const {
  Frames frames = this->frames(call, batch);
  auto state = make_aggregate_state(as_call(call));
  state->resize(batch.rows);
  Array<uint32_t> rows, numbers;
  auto update = [&]() {
    std::vector<Column> gathered;
    for (const Column& argument : arguments) gathered.push_back(gather(argument, {rows.data(), rows.size()}));
    state->update(gathered, numbers.data(), rows.size());
    rows.clear();
    numbers.clear();
  };
  for (size_t i = 0; i < batch.rows; ++i) {
    for (uint32_t row = frames.begins[i]; row < frames.ends[i]; ++row) {
      rows.push_back(row);
      numbers.push_back(static_cast<uint32_t>(i));
    }
    if (rows.size() >= kFrameRows) update();
  }
  update();
  return state->finish();
}

// The aggregate over frames that begin with the partition: of each row and what came before it, moved to where the
// frames end.
Column WindowStage::running_aggregate(const plan::WindowCall& call, const Batch& batch,
                                      std::span<const Column> arguments) const {
  using Kind = plan::FrameBound::Kind;
  bool whole = call.end.kind == Kind::kUnbounded || (order_.empty() && call.end.kind == Kind::kPeers);
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
  Array<uint8_t> begins = call.end.kind == Kind::kRows ? Array<uint8_t>(batch.rows, 1) : peer_changes(batch, order_);
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
  state->resize(steps + 1);  // one more, of no rows: for empty frames
  state->update(arguments, numbers.data(), batch.rows);
  step_restarts.push_back(1);
  state->accumulate(step_restarts.data());
  if (call.end.kind == Kind::kRows && call.end.offset != 0) {
    Frames frames = this->frames(call, batch);
    for (size_t i = 0; i < batch.rows; ++i)
      numbers[i] = frames.begins[i] == frames.ends[i] ? steps : frames.ends[i] - 1;
  }
  return gather(state->finish(), {numbers.data(), batch.rows});
}

Column WindowStage::compute(const plan::WindowCall& call, const Batch& batch, std::span<const Column> arguments) const {
  if (call.name == "row_number") return row_number(batch);
  if (call.name == "session_number") return session_number(batch, arguments[0], arguments[1]);
  if (call.name == "rank" || call.name == "dense_rank") return rank(batch, order_, call.name == "dense_rank");
  if (call.name == "percent_rank" || call.name == "cume_dist")
    return relative_rank(batch, order_, call.name == "cume_dist");
  if (call.name == "ntile") return ntile(batch, arguments[0]);
  if (call.name == "lag" || call.name == "lead") return shifted(batch, arguments, call.name == "lead");
  if (of_frame(call)) return frame_value(call, batch, arguments);
  if (call.start.kind == plan::FrameBound::Kind::kUnbounded) return running_aggregate(call, batch, arguments);
  return sliding_aggregate(call, batch, arguments);
}

void WindowStage::consume(size_t worker, Batch batch) {
  std::vector<Column> arguments = evaluator_.evaluate(batch, states_[worker]);
  std::vector<Column> results;
  for (size_t i = 0; i < calls_.size(); ++i) {
    results.push_back(
        compute(calls_[i], batch, std::span(arguments).subspan(first_argument_[i], calls_[i].arguments.size())));
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
  for (const char* name :
       {"row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "first_value", "last_value"}) {
    if (call.name == name) return std::nullopt;
  }
  if (call.name == "ntile" || call.name == "nth_value") {
    if (!no_columns(*call.arguments.back()) || call.arguments.back()->type.id != TypeId::kBigint)
      return call.name + " of a number that is no constant";
    return std::nullopt;
  }
  if (call.name == "session_number") {
    bool timestamp = call.arguments.size() == 2 && call.arguments[0]->type.id == TypeId::kTimestamp;
    if (!timestamp || !no_columns(*call.arguments[1]))
      return "session_number of other than TIMESTAMP and a constant INTERVAL";
    return std::nullopt;
  }
  if (call.name == "lag" || call.name == "lead") {
    if (call.arguments.size() > 1 && !no_columns(*call.arguments[1]))
      return call.name + " with an offset that is no constant";
    if (call.arguments.size() > 1 && call.arguments[1]->type.id != TypeId::kBigint)
      return call.name + " with an offset of another type";
    return std::nullopt;
  }
  if (std::find(std::begin(kRunning), std::end(kRunning), call.name) == std::end(kRunning))
    return "the window function " + call.name;
  using Kind = plan::FrameBound::Kind;
  if (call.start.kind != Kind::kUnbounded) {
    bool short_frame = call.start.kind == Kind::kRows && call.end.kind == Kind::kRows &&
                       call.start.offset >= -kLongFrame && call.end.offset <= kLongFrame;
    if (!short_frame) return "a window frame of this length";
  }
  return aggregate_unsupported(as_call(call));
}

}  // namespace segue::engine
