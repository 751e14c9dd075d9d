#include "duckdb/session_number.h"

#include <algorithm>
#include <limits>
#include <new>

#include "base/error.h"
#include "duckdb/handle.h"

namespace segue::duckdb {

namespace {

constexpr Int128 kMicrosPerDay = Int128{86'400} * 1'000'000;

// Times ascend, so the difference as unsigned is right even where it passes 2^63 - 1.
bool joins(int64_t before, int64_t after, uint64_t gap) {
  return static_cast<uint64_t>(after) - static_cast<uint64_t>(before) <= gap;
}

}  // namespace

void SessionState::add(std::optional<int64_t> time) {
  any = true;
  null_last = !time;
  if (!time) return;
  if (count == 0) {
    first = *time;
    count = 1;
  } else if (*time < last) {
    disordered = true;
  } else if (!joins(last, *time, gap)) {
    ++count;
  }
  last = *time;
}

void SessionState::merge(const SessionState& next) {
  if (!next.any) return;
  if (!any) {
    *this = next;
    return;
  }
  null_last = next.null_last;
  disordered = disordered || next.disordered;
  if (next.count == 0) return;
  if (count == 0) {
    first = next.first;
    count = next.count;
  } else if (next.first < last) {
    disordered = true;
  } else {
    count += next.count - (joins(last, next.first, gap) ? 1 : 0);
  }
  last = next.last;
}

std::optional<int64_t> SessionState::number() const {
  return null_last || count == 0 ? std::nullopt : std::optional(count);
}

std::optional<uint64_t> gap_micros(const Interval& gap) {
  Int128 micros = gap.micros + gap.days * kMicrosPerDay;
  if (gap.months != 0 || micros < 0) return std::nullopt;
  return static_cast<uint64_t>(std::min<Int128>(micros, std::numeric_limits<int64_t>::max()));
}

namespace {

constexpr char kWrongGap[] = "session_number: the gap must be a constant that is not negative and has no months";
constexpr char kWrongOrder[] = "session_number: rows must come in ascending order of the time argument";

SessionState* state_of(duckdb_aggregate_state state) { return static_cast<SessionState*>(static_cast<void*>(state)); }

bool valid_at(const uint64_t* mask, idx_t row) { return mask == nullptr || (mask[row / 64] >> (row % 64) & 1) != 0; }

idx_t state_size(duckdb_function_info) { return sizeof(SessionState); }

void initialize(duckdb_function_info, duckdb_aggregate_state state) { new (state_of(state)) SessionState(); }

void update(duckdb_function_info info, duckdb_data_chunk input, duckdb_aggregate_state* states) {
  duckdb_vector times = duckdb_data_chunk_get_vector(input, 0);
  duckdb_vector gaps = duckdb_data_chunk_get_vector(input, 1);
  auto time_values = static_cast<const int64_t*>(duckdb_vector_get_data(times));
  auto gap_values = static_cast<const duckdb_interval*>(duckdb_vector_get_data(gaps));
  const uint64_t* time_valid = duckdb_vector_get_validity(times);
  const uint64_t* gap_valid = duckdb_vector_get_validity(gaps);
  idx_t rows = duckdb_data_chunk_get_size(input);
  for (idx_t row = 0; row < rows; ++row) {
    SessionState* state = state_of(states[row]);
    const duckdb_interval& gap = gap_values[row];
    std::optional<uint64_t> micros;
    if (valid_at(gap_valid, row)) micros = gap_micros({gap.months, gap.days, gap.micros});
    if (!micros || (state->any && state->gap != *micros)) return duckdb_aggregate_function_set_error(info, kWrongGap);
    state->gap = *micros;
    bool valid = valid_at(time_valid, row);
    state->add(valid ? std::optional(time_values[row]) : std::nullopt);
  }
}

void combine(duckdb_function_info, duckdb_aggregate_state* sources, duckdb_aggregate_state* targets, idx_t count) {
  for (idx_t i = 0; i < count; ++i) state_of(targets[i])->merge(*state_of(sources[i]));
}

void finalize(duckdb_function_info info, duckdb_aggregate_state* sources, duckdb_vector result, idx_t count,
              idx_t offset) {
  auto numbers = static_cast<int64_t*>(duckdb_vector_get_data(result));
  for (idx_t i = 0; i < count; ++i) {
    if (state_of(sources[i])->disordered) return duckdb_aggregate_function_set_error(info, kWrongOrder);
    if (std::optional<int64_t> number = state_of(sources[i])->number()) {
      numbers[offset + i] = *number;
    } else {
      duckdb_vector_ensure_validity_writable(result);
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(result), offset + i);
    }
  }
}

}  // namespace

void register_session_number(duckdb_connection connection) {
  Handle<duckdb_aggregate_function, duckdb_destroy_aggregate_function> function(duckdb_create_aggregate_function());
  LogicalType timestamp(duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP));
  LogicalType interval(duckdb_create_logical_type(DUCKDB_TYPE_INTERVAL));
  LogicalType bigint(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  duckdb_aggregate_function_set_name(function.get(), "session_number");
  duckdb_aggregate_function_add_parameter(function.get(), timestamp.get());
  duckdb_aggregate_function_add_parameter(function.get(), interval.get());
  duckdb_aggregate_function_set_return_type(function.get(), bigint.get());
  // Rows without a time must be seen: their own number is NULL.
  duckdb_aggregate_function_set_special_handling(function.get());
  duckdb_aggregate_function_set_functions(function.get(), state_size, initialize, update, combine, finalize);
  if (duckdb_register_aggregate_function(connection, function.get()) != DuckDBSuccess) {
    fail(ErrorCode::kInternal, "session_number cannot be registered in DuckDB");
  }
}

}  // namespace segue::duckdb
