#include "engine/scatter.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace segue::engine {
namespace {

constexpr size_t kTaskRows = size_t{1} << 16;
constexpr size_t kTasks = 128;    // at most about so many: each has a histogram
constexpr size_t kCopiedRun = 8;  // longer runs are copied at once

// Neighbouring rows of a segment that stay neighbours.
struct Runs {
  std::vector<uint32_t> begins;
  std::vector<uint64_t> positions;
  size_t rows = 0;
  void clear() {
    begins.clear();
    positions.clear();
  }
  size_t end(size_t run) const { return run + 1 < begins.size() ? begins[run + 1] : rows; }
};

template <class T>
void copy_runs(const T* from, const Runs& runs, T* to) {
  for (size_t run = 0; run < runs.begins.size(); ++run) {
    size_t begin = runs.begins[run], end = runs.end(run);
    T* target = to + runs.positions[run];
    if (end - begin > kCopiedRun) {
      std::memcpy(target, from + begin, (end - begin) * sizeof(T));
    } else {
      for (size_t i = begin; i < end; ++i) target[i - begin] = from[i];
    }
  }
}

// Calls visit(number, first row, end row) for runs of equal numbers.
template <class T, class Visit>
void for_runs(const T* numbers, size_t rows, Visit visit) {
  for (size_t row = 0; row < rows;) {
    T number = numbers[row];
    size_t begin = row;
    while (row < rows && numbers[row] == number) ++row;
    visit(static_cast<uint32_t>(number), begin, row);
  }
}

template <class Visit>
void for_runs(const ScatterPlan& plan, size_t segment, Visit visit) {
  const auto& rows = plan.segments[segment];
  if (plan.code_column) {
    size_t column = *plan.code_column;
    auto base = static_cast<uint32_t>(rows.packing(column).base);
    rows.visit_stored(column, [&](const auto* values) {
      for_runs(values, rows.rows, [&](uint32_t number, size_t begin, size_t end) { visit(base + number, begin, end); });
    });
  } else if (plan.bytes.empty()) {
    visit(0, 0, rows.rows);
  } else {
    for_runs(plan.bytes[segment].data(), rows.rows, visit);
  }
}

}  // namespace

std::vector<size_t> segment_tasks(const std::vector<RowStore::Segment>& segments) {
  size_t rows = 0;
  for (const auto& segment : segments) rows += segment.rows;
  size_t per_task = std::max(kTaskRows, rows / kTasks + 1);
  std::vector<size_t> begins = {0};
  size_t filled = 0;
  for (size_t i = 0; i < segments.size(); ++i) {
    filled += segments[i].rows;
    if (filled >= per_task || i + 1 == segments.size()) {
      begins.push_back(i + 1);
      filled = 0;
    }
  }
  return begins;
}

Column ScatteredRows::view(size_t column, size_t begin, std::shared_ptr<const void> owner) const {
  const Stored& stored = columns_[column];
  Column view;
  view.type = types_[column];
  view.values = stored.values.data() + begin * stored_bytes(types_[column]);
  if (valid(column) != nullptr) view.valid = valid(column) + begin;
  view.dictionary = dictionaries_[column];
  view.owner = std::move(owner);
  return view;
}

ScatteredRows::ScatteredRows(const RowStore& store, size_t rows, std::optional<size_t> leave_out)
    : rows_(rows), types_(store.types()), columns_(types_.size()) {
  memory::Storing storing;
  for (size_t c = 0; c < types_.size(); ++c) {
    dictionaries_.push_back(store.dictionary(c));
    Stored& stored = columns_[c];
    stored.present = leave_out != c;
    if (!stored.present) continue;
    stored.values = Block(rows_ * stored_bytes(types_[c]));
    if (store.has_nulls(c)) stored.valid = Block(rows_);
  }
}

size_t ScatteredRows::bytes() const {
  size_t bytes = 0;
  for (const Stored& column : columns_) bytes += column.values.bytes() + column.valid.bytes();
  return bytes;
}

std::shared_ptr<ScatteredRows> copy_runs(const RowStore& store, const std::vector<RowStore::Segment>& segments,
                                         std::span<const StoredRun> runs, std::optional<size_t> leave_out) {
  size_t rows = 0;
  for (const StoredRun& run : runs) rows += run.rows;
  std::shared_ptr<ScatteredRows> result(new ScatteredRows(store, rows, leave_out));
  for (size_t c = 0; c < result->types_.size(); ++c) {
    if (!result->present(c)) continue;
    size_t bytes = stored_bytes(result->types_[c]);
    std::byte* to = result->values(c);
    uint8_t* valid = result->valid(c);
    for (const StoredRun& run : runs) {
      const auto& segment = segments[run.segment];
      segment.read(c, run.begin, run.rows, to);
      to += run.rows * bytes;
      if (valid == nullptr) continue;
      segment.read_valid(c, run.begin, run.rows, valid);
      valid += run.rows;
    }
  }
  return result;
}

std::shared_ptr<ScatteredRows> scatter(Workers& workers, const RowStore& store, const ScatterPlan& plan) {
  std::shared_ptr<ScatteredRows> result(new ScatteredRows(store, store.rows(), plan.leave_out));

  // Count.
  std::vector<size_t> tasks = segment_tasks(plan.segments);
  size_t count = tasks.size() - 1;
  std::vector<std::vector<uint32_t>> histograms(count), appearances(count);
  workers.for_each(count, [&](size_t, size_t task) {
    auto& histogram = histograms[task];
    histogram.assign(plan.numbers, 0);
    for (size_t s = tasks[task]; s < tasks[task + 1]; ++s) {
      for_runs(plan, s, [&](uint32_t number, size_t begin, size_t end) {
        if (histogram[number] == 0) appearances[task].push_back(number);
        histogram[number] += static_cast<uint32_t>(end - begin);
      });
    }
  });

  // Place.
  if (plan.by_appearance) {
    std::vector<bool> placed(plan.numbers);
    for (const auto& task : appearances) {
      for (uint32_t number : task) {
        if (!placed[number]) result->order_.push_back(number);
        placed[number] = true;
      }
    }
  } else {
    for (size_t number = 0; number < plan.numbers; ++number) result->order_.push_back(static_cast<uint32_t>(number));
  }
  std::vector<std::vector<uint64_t>> positions(count, std::vector<uint64_t>(plan.numbers));
  size_t next = 0;
  for (uint32_t number : result->order_) {
    result->begins_.push_back(next);
    for (size_t task = 0; task < count; ++task) {
      positions[task][number] = next;
      next += histograms[task][number];
    }
  }
  result->begins_.push_back(next);
  SEGUE_ASSERT(next == result->rows_);

  // Copy.
  workers.for_each(count, [&](size_t, size_t task) {
    Runs runs;
    Block wide;
    for (size_t s = tasks[task]; s < tasks[task + 1]; ++s) {
      const auto& segment = plan.segments[s];
      runs.clear();
      runs.rows = segment.rows;
      for_runs(plan, s, [&](uint32_t number, size_t begin, size_t end) {
        runs.begins.push_back(static_cast<uint32_t>(begin));
        runs.positions.push_back(positions[task][number]);
        positions[task][number] += end - begin;
      });
      for (size_t c = 0; c < result->types_.size(); ++c) {
        if (!result->present(c)) continue;
        size_t bytes = stored_bytes(result->types_[c]);
        if (wide.bytes() < segment.rows * bytes) wide = Block(segment.rows * bytes);
        segment.read(c, 0, segment.rows, wide.data());
        with_width(bytes, [&](auto width) {
          using T = decltype(width);
          copy_runs(reinterpret_cast<const T*>(wide.data()), runs, reinterpret_cast<T*>(result->values(c)));
        });
        uint8_t* valid = result->valid(c);
        if (valid == nullptr) continue;
        if (const uint8_t* from = segment.valid(c)) {
          copy_runs(from, runs, valid);
        } else {
          for (size_t run = 0; run < runs.begins.size(); ++run)
            std::memset(valid + runs.positions[run], 1, runs.end(run) - runs.begins[run]);
        }
      }
    }
  });
  return result;
}

}  // namespace segue::engine
