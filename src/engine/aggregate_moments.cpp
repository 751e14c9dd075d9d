// Variance and standard deviation, by Welford's method.
#include <cmath>

#include "base/error.h"
#include "base/memory.h"
#include "engine/aggregate_make.h"

namespace segue::engine {
namespace {

class Moments : public AggregateState {
 public:
  Moments(Moment moment, bool sample) : moment_(moment), sample_(sample) {}
  void resize(size_t groups) override {
    if (groups > groups_.size()) groups_.resize(groups);
  }
  void reset() override { groups_.clear(); }
  void update(std::span<const Column> arguments, const uint32_t* numbers, size_t rows) override {
    const Column& column = arguments[0];
    const auto* values = column.as<double>();
    for (size_t i = 0; i < rows; ++i) {
      if (!column.is_valid(i)) continue;
      double value = values[i * column.stride];
      Group& group = groups_[numbers[i]];
      ++group.count;
      double distance = value - group.mean;
      group.mean += distance / static_cast<double>(group.count);
      group.squares += distance * (value - group.mean);
    }
  }
  Column finish() override {
    struct Memory {
      Array<double> values;
      Array<uint8_t> valid;
    };
    auto memory = std::make_shared<Memory>(Memory{Array<double>(groups_.size()), Array<uint8_t>(groups_.size())});
    for (size_t i = 0; i < groups_.size(); ++i) {
      const Group& group = groups_[i];
      memory->valid[i] = group.count >= (sample_ ? 2 : 1);
      double variance =
          group.count > 1 ? group.squares / static_cast<double>(sample_ ? group.count - 1 : group.count) : 0;
      memory->values[i] = moment_ == Moment::kDeviation ? std::sqrt(variance) : variance;
      if (memory->valid[i] && !std::isfinite(memory->values[i])) {
        fail(ErrorCode::kData,
             moment_ == Moment::kDeviation ? "a standard deviation is out of range" : "a variance is out of range");
      }
    }
    Column column;
    column.type = TypeId::kDouble;
    column.values = memory->values.data();
    column.valid = memory->valid.data();
    column.owner = std::move(memory);
    return column;
  }

 private:
  struct Group {
    int64_t count = 0;
    double mean = 0;
    double squares = 0;  // sum of squared distances from the mean
  };
  Moment moment_;
  bool sample_;
  std::vector<Group> groups_;
};

}  // namespace

std::unique_ptr<AggregateState> make_moments(const Type& argument, Moment moment, bool sample) {
  if (argument.id != TypeId::kDouble) return nullptr;
  return std::make_unique<Moments>(moment, sample);
}

}  // namespace segue::engine
