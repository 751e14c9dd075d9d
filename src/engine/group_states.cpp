#include "engine/group_states.h"

#include <algorithm>

#include "base/stop_point.h"
#include "engine/expressions/evaluator.h"
#include "engine/expressions/gather.h"

namespace segue::engine {
namespace {

constexpr size_t kPieceRows = size_t{1} << 12;  // looked up together: what fits the cache

// The columns that tell values of a DISTINCT argument apart: of a row its fields.
std::vector<Type> distinct_types(const plan::Call& call) {
  std::vector<Type> types;
  for (const auto& argument : call.arguments) {
    if (argument->type.id != TypeId::kStruct) {
      types.push_back(argument->type);
      continue;
    }
    for (const Field& field : argument->type.fields) types.push_back(field.type);
  }
  return types;
}

std::vector<Type> with_number(const std::vector<Type>& types) {
  std::vector<Type> result = {TypeId::kInteger};
  result.insert(result.end(), types.begin(), types.end());
  return result;
}

}  // namespace

AggregateCalls::AggregateCalls(const std::vector<plan::Call>& calls) : calls_(calls) {
  for (const auto& call : calls_) {
    Place place;
    place.first = inputs_.size();
    inputs_.insert(inputs_.end(), call.arguments.begin(), call.arguments.end());
    for (const auto& key : call.order) inputs_.push_back(key.expression);
    place.count = inputs_.size() - place.first;
    if (call.filter) {
      place.filter = inputs_.size();
      inputs_.push_back(call.filter);
    }
    places_.push_back(place);
    auto types = make_aggregate_state(call)->partial_types();
    splittable_ = splittable_ && !types.empty() && !call.distinct;
    partial_types_.insert(partial_types_.end(), types.begin(), types.end());
  }
}

bool AggregateCalls::order_sensitive() const {
  return std::any_of(calls_.begin(), calls_.end(), [](const auto& call) { return engine::order_sensitive(call); });
}

GroupStates::Distinct::Distinct(const std::vector<Type>& types)
    : keys(with_number(types), 1, 1), single(types, 1), table(keys.words()), single_table(single.words()) {}

void GroupStates::Distinct::reset() { used = grouped = false; }

void GroupStates::Distinct::select(std::span<const Column> arguments, const uint32_t* numbers, size_t rows,
                                   size_t groups, Array<uint32_t>& picked) {
  // Whether groups are told apart is decided by the first rows: a batch of one partition is one group, and all of it.
  if (!used) {
    grouped = groups != 1;
    (grouped ? table : single_table).reset(rows / 4);
    used = true;
  } else if (!grouped && groups != 1) {
    Array<uint32_t> all(single_table.size());
    all.fill(0);
    std::vector<Column> columns = single.decode(single_table.keys(), single_table.size());
    Column zero = constant_column(Value{TypeId::kInteger, int64_t{0}});
    columns.insert(columns.begin(), zero);
    keys.encode(0, columns, single_table.size(), words);
    keys.hash(words.data(), single_table.size(), hashes);
    table.reset(rows / 4);
    table.find_or_add(words.data(), hashes.data(), all.size(), all.data());
    grouped = true;
  }
  std::vector<Column> columns;
  if (grouped) {
    Column number;
    number.type = TypeId::kInteger;
    number.values = numbers;
    columns.push_back(number);
  }
  for (const Column& argument : arguments) {
    if (argument.type.id != TypeId::kStruct) {
      columns.push_back(argument);
    } else {
      columns.insert(columns.end(), argument.children.begin(), argument.children.end());
    }
  }
  Keys& encoder = grouped ? keys : single;
  GroupTable& seen = grouped ? table : single_table;
  picked.resize(rows);
  size_t count = 0;
  for (size_t begin = 0; begin < rows; begin += kPieceRows) {
    stop_point();
    size_t piece = std::min(kPieceRows, rows - begin);
    std::vector<Column> sliced;
    for (const Column& column : columns) sliced.push_back(column.slice(begin));
    encoder.encode(0, sliced, piece, words);
    encoder.hash(words.data(), piece, hashes);
    found.resize(piece);
    size_t next = seen.size();
    seen.find_or_add(words.data(), hashes.data(), piece, found.data());
    for (size_t i = 0; i < piece; ++i) {
      picked[count] = static_cast<uint32_t>(begin + i);
      bool is_new = found[i] == next;
      count += is_new;
      next += is_new;
    }
  }
  picked.resize(count);
}

GroupStates::GroupStates(const AggregateCalls& calls) : calls_(calls) {
  for (const auto& call : calls.calls()) {
    states_.push_back(make_aggregate_state(call));
    distinct_.push_back(call.distinct ? std::make_unique<Distinct>(distinct_types(call)) : nullptr);
  }
}

void GroupStates::reset() {
  for (auto& state : states_) state->reset();
  for (auto& distinct : distinct_) {
    if (distinct) distinct->reset();
  }
}

void GroupStates::update(std::span<const Column> inputs, const uint32_t* numbers, size_t rows, size_t groups) {
  for (size_t i = 0; i < states_.size(); ++i) {
    states_[i]->resize(groups);
    const auto& place = calls_.places_[i];
    auto arguments = inputs.subspan(place.first, place.count);
    if (!place.filter && !distinct_[i]) {
      states_[i]->update(arguments, numbers, rows);
      continue;
    }
    std::vector<Column> kept(arguments.begin(), arguments.end());
    Array<uint32_t> kept_numbers;
    kept_numbers.append(numbers, rows);
    auto keep = [&](const Array<uint32_t>& picked) {
      for (Column& column : kept) column = gather(column, {picked.data(), picked.size()});
      for (size_t row = 0; row < picked.size(); ++row) kept_numbers[row] = kept_numbers[picked[row]];
      kept_numbers.resize(picked.size());
    };
    if (place.filter) keep(select(inputs[*place.filter], rows));
    if (distinct_[i]) {
      Array<uint32_t> picked;
      // A NULL row is told apart from a row of NULLs here, since the fields alone do not: count takes no NULL.
      if (arguments.size() == 1 && kept[0].type.id == TypeId::kStruct && kept[0].valid != nullptr) {
        for (size_t row = 0; row < kept_numbers.size(); ++row) {
          if (kept[0].is_valid(row)) picked.push_back(static_cast<uint32_t>(row));
        }
        keep(picked);
      }
      distinct_[i]->select(kept, kept_numbers.data(), kept_numbers.size(), groups, picked);
      keep(picked);
    }
    states_[i]->update(kept, kept_numbers.data(), kept_numbers.size());
  }
}

std::vector<Column> GroupStates::partial(size_t groups) {
  std::vector<Column> columns;
  for (auto& state : states_) {
    state->resize(groups);
    auto some = state->partial();
    columns.insert(columns.end(), some.begin(), some.end());
  }
  return columns;
}

void GroupStates::merge(std::span<const Column> partial, const uint32_t* numbers, size_t rows, size_t groups) {
  size_t at = 0;
  for (auto& state : states_) {
    state->resize(groups);
    size_t width = state->partial_types().size();
    state->merge(partial.subspan(at, width), numbers, rows);
    at += width;
  }
}

std::vector<Column> GroupStates::finish(size_t groups) {
  std::vector<Column> columns;
  for (auto& state : states_) {
    state->resize(groups);
    stop_point();
    columns.push_back(state->finish());
  }
  return columns;
}

}  // namespace segue::engine
