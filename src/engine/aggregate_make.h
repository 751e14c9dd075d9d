// The families of aggregate functions; only aggregate_state.cpp puts names to them.
#pragma once

#include <memory>

#include "engine/aggregate_state.h"

namespace segue::engine {

std::unique_ptr<AggregateState> make_count();

// sum, or avg if average. Null for an argument type without a sum.
std::unique_ptr<AggregateState> make_sum(const Type& argument, const Type& result, bool average);

// min (or max if maximum) as ORDER BY orders. Null for nested types.
std::unique_ptr<AggregateState> make_extreme(const Type& type, bool maximum);

// The first row's value; with skip_nulls the first that is not NULL. Null for nested types.
std::unique_ptr<AggregateState> make_first(const Type& type, bool skip_nulls);

// bool_and, or bool_or if any.
std::unique_ptr<AggregateState> make_boolean(bool any);

// list(x ORDER BY order), NULLs included; for any type.
std::unique_ptr<AggregateState> make_list(const Type& type, const std::vector<plan::OrderKey>& order);

}  // namespace segue::engine
