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

// string_agg(text, separator ORDER BY order): texts that are not NULL; NULL if there are none.
std::unique_ptr<AggregateState> make_string_agg(const std::vector<plan::OrderKey>& order);

// The value at `fraction` (a DECIMAL from 0 to 1, or a DOUBLE 0 or 1) of the ordered values that are not NULL: one of
// them, or, if continuous, a DOUBLE between two. Null for types that it does not take.
std::unique_ptr<AggregateState> make_quantile(const Type& argument, const Type& result, const Value& fraction,
                                              bool continuous);

// arg_min (or arg_max if maximum): the argument in the row with the least `by`; rows where either is NULL do not count.
// Null for types that it does not take.
std::unique_ptr<AggregateState> make_arg_extreme(const Type& argument, const Type& by, bool maximum);

enum class Moment { kVariance, kDeviation };
// Of a sample, or of all there is. Null for other types than DOUBLE.
std::unique_ptr<AggregateState> make_moments(const Type& argument, Moment moment, bool sample);

}  // namespace segue::engine
