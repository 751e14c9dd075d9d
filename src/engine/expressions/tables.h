// The tables of kernels, one a file. Included by kernel.cpp alone, so that a new table makes nothing else compile anew.
#pragma once

#include "engine/expressions/kernel.h"

namespace segue::engine {

const KernelTable& arithmetic_kernels();
const KernelTable& decimal_kernels();
const KernelTable& interval_kernels();
const KernelTable& comparison_kernels();
const KernelTable& logic_kernels();
const KernelTable& membership_kernels();
const KernelTable& math_kernels();
const KernelTable& double_kernels();
const KernelTable& bit_kernels();
const KernelTable& number_cast_kernels();
const KernelTable& decimal_cast_kernels();
const KernelTable& time_cast_kernels();
const KernelTable& parse_cast_kernels();
const KernelTable& print_cast_kernels();
const KernelTable& string_kernels();
const KernelTable& substring_kernels();
const KernelTable& search_kernels();
const KernelTable& distance_kernels();
const KernelTable& split_kernels();
const KernelTable& regex_kernels();
const KernelTable& character_kernels();
const KernelTable& encoding_kernels();
const KernelTable& date_part_kernels();
const KernelTable& date_trunc_kernels();
const KernelTable& make_date_kernels();
const KernelTable& date_diff_kernels();
const KernelTable& date_sub_kernels();
const KernelTable& time_bucket_kernels();
const KernelTable& strftime_kernels();
const KernelTable& strptime_kernels();
const KernelTable& nested_kernels();
const KernelTable& nested_cast_kernels();
const KernelTable& list_kernels();
const KernelTable& list_order_kernels();
const KernelTable& list_aggregate_kernels();

}  // namespace segue::engine
