// in, not_in. x IN (a, b): true if x equals one, else NULL if x or one of them is NULL, else false.
#include <algorithm>

#include "engine/expressions/compare.h"
#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

// One candidate at a time: found[i] and unknown[i] collect what it means for row i.
void match_codes(const Column& needle, const Column& candidate, size_t rows, uint8_t* found) {
  uint32_t code = needle.dictionary->find(candidate.text(0));
  if (code == 0) return;
  const auto* codes = needle.as<uint32_t>();
  for (size_t i = 0; i < rows; ++i) found[i] |= codes[i] == code;
}

template <class T>
void match_values(const Column& needle, const Column& candidate, size_t rows, uint8_t* found) {
  auto a = rows::strided<T>(needle);
  auto b = rows::strided<T>(candidate);
  for (size_t i = 0; i < rows; ++i) found[i] |= a[i] == b[i];
}

void match_any(const Column& needle, const Column& candidate, size_t rows, uint8_t* found) {
  for (size_t i = 0; i < rows; ++i) {
    if (!found[i] && needle.is_valid(i) && candidate.is_valid(i)) found[i] = equal(needle, i, candidate, i);
  }
}

void match(const Column& needle, const Column& candidate, size_t rows, uint8_t* found) {
  if (candidate.constant() && !needle.constant()) {
    if (!candidate.is_valid(0)) return;
    if (needle.coded()) return match_codes(needle, candidate, rows, found);
    switch (needle.type.id) {  // rows of NULL are sorted out at the end
      case TypeId::kTinyint: return match_values<int8_t>(needle, candidate, rows, found);
      case TypeId::kSmallint: return match_values<int16_t>(needle, candidate, rows, found);
      case TypeId::kInteger:
      case TypeId::kDate: return match_values<int32_t>(needle, candidate, rows, found);
      case TypeId::kBigint:
      case TypeId::kTimestamp: return match_values<int64_t>(needle, candidate, rows, found);
      default: break;
    }
  }
  match_any(needle, candidate, rows, found);
}

template <bool kIn>
void run_in(const Call& call, Answer& answer) {
  const Column& needle = call.arguments[0];
  auto* found = answer.values<uint8_t>(call.rows);
  uint8_t* valid = answer.valid(call.rows);
  std::memset(found, 0, call.rows);
  for (size_t k = 1; k < call.arguments.size(); ++k) match(needle, call.arguments[k], call.rows, found);
  std::vector<const Column*> nullable;
  bool null_candidate = false;
  for (const Column& candidate : call.arguments.subspan(1)) {
    if (candidate.constant()) {
      null_candidate |= !candidate.is_valid(0);
    } else if (candidate.coded() || candidate.valid != nullptr) {
      nullable.push_back(&candidate);
    }
  }
  for (size_t i = 0; i < call.rows; ++i) {
    bool unknown = null_candidate;
    for (const Column* candidate : nullable) unknown |= !candidate->is_valid(i);
    valid[i] = needle.is_valid(i) && (found[i] || !unknown);
    found[i] = (found[i] != 0) == kIn;
  }
}

std::optional<std::string> same_types(const plan::Expression& call) {
  for (const auto& argument : call.arguments) {
    if (!(argument->type == call.arguments[0]->type)) return signature(call) + " is not supported";
  }
  if (call.arguments[0]->type.id == TypeId::kNull) return signature(call) + " is not supported";
  return std::nullopt;
}

}  // namespace

const KernelTable& membership_kernels() {
  static const KernelTable table = {
      {"in", {Kind::kAny, Kind::kAny}, Kind::kBoolean, &run_in<true>, false, true, true, true, &same_types},
      {"not_in", {Kind::kAny, Kind::kAny}, Kind::kBoolean, &run_in<false>, false, true, true, true, &same_types},
  };
  return table;
}

}  // namespace segue::engine
