// substring, left, right, text[i], text[i:j]: by code points, counted from 1. A negative start counts from the end, a
// negative length goes backwards.
#include <algorithm>

#include <fmt/format.h>

#include "engine/expressions/lists.h"
#include "engine/expressions/rows.h"
#include "engine/expressions/utf8.h"

namespace segue::engine {
namespace {

using Text = std::string_view;

// Code points [begin, end) of a text that has `size`.
Text slice(Text text, int64_t size, int64_t begin, int64_t end) {
  begin = std::min(begin, size);
  end = std::min(end, size);
  if (begin >= end) return {};
  if (ascii(text)) return text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  size_t from = bytes_of_code_points(text, static_cast<size_t>(begin));
  text.remove_prefix(from);
  return text.substr(0, bytes_of_code_points(text, static_cast<size_t>(end - begin)));
}

Text substring(Text text, int64_t start, int64_t length) {
  if (length == 0) return {};
  int64_t size = count_code_points(text);
  int64_t begin;
  if (start > 0) {
    begin = start - 1;
  } else if (start < 0) {
    begin = size + start;
    // What a start before the text leaves of a length is lost.
    if (begin < 0) {
      if (length > 0) length = std::max<int64_t>(length + begin, 0);
      begin = 0;
    }
    if (length == 0) return {};
  } else {
    begin = 0;
    if (length > 0 && --length == 0) return {};
  }
  if (length > 0) return slice(text, size, begin, begin + length);
  return slice(text, size, std::max<int64_t>(0, begin + length), begin);
}

constexpr int64_t kMost = int64_t{UINT32_MAX};
bool in_range(int64_t value) { return value >= -kMost - 1 && value <= kMost; }

struct Substring {
  static bool call(Text text, int64_t start, int64_t length, Text& answer) {
    if (!in_range(start) || !in_range(length)) return false;
    answer = substring(text, start, length);
    return true;
  }
  [[noreturn]] static void fail(Text, int64_t start, int64_t length) {
    fail_value(fmt::format("out of range: substring from {} with length {}", start, length));
  }
};
struct SubstringFrom {
  static bool call(Text text, int64_t start, Text& answer) { return Substring::call(text, start, kMost, answer); }
  [[noreturn]] static void fail(Text text, int64_t start) { Substring::fail(text, start, kMost); }
};

struct Left {
  static bool call(Text text, int64_t count, Text& answer) {
    if (count > kMost) return false;
    if (count < 0) count = std::max<int64_t>(0, count_code_points(text) + count);
    answer = text.substr(0, bytes_of_code_points(text, static_cast<size_t>(count)));
    return true;
  }
  [[noreturn]] static void fail(Text, int64_t count) {
    fail_value(fmt::format("out of range: left with length {}", count));
  }
};
struct Right {
  static Text call(Text text, int64_t count) {
    int64_t size = count_code_points(text);
    int64_t length = count >= 0 ? std::min(size, count) : count < -size ? 0 : size + count;
    return slice(text, size, size - length, size);
  }
};

// text[i]: one code point.
struct Element {
  static bool call(Text text, int64_t at, Text& answer) { return Substring::call(text, at, 1, answer); }
  [[noreturn]] static void fail(Text text, int64_t at) { Substring::fail(text, at, 1); }
};

// text[begin:end]
void run_slice(const Call& call, Answer& answer) {
  auto bound = [&](size_t i, size_t row) { return call.arguments[i].as<int64_t>()[row * call.arguments[i].stride]; };
  auto* out = answer.values<Text>(call.rows);
  for (size_t row = 0; row < call.rows; ++row) {
    out[row] = {};
    if (call.valid != nullptr && !call.valid[row]) continue;
    Text text = call.arguments[0].text(row);
    int64_t size = count_code_points(text);
    int64_t begin = open_bound(call.expression, 1) ? 0 : bound(1, row);
    int64_t end = open_bound(call.expression, 2) ? size : bound(2, row);
    clamp_slice(size, begin, end);
    out[row] = slice(text, size, begin, end);
  }
  answer.keep(call.arguments[0]);
}

}  // namespace

const KernelTable& substring_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made;
    for (const char* name : {"substring", "substr"}) {
      made.push_back(row_kernel<Substring, Text, Text, int64_t, int64_t>(name, {K::kVarchar, K::kBigint, K::kBigint},
                                                                         K::kVarchar));
      made.push_back(row_kernel<SubstringFrom, Text, Text, int64_t>(name, {K::kVarchar, K::kBigint}, K::kVarchar));
    }
    for (const char* name : {"array_extract", "list_element", "list_extract"})
      made.push_back(row_kernel<Element, Text, Text, int64_t>(name, {K::kVarchar, K::kBigint}, K::kVarchar));
    for (const char* name : {"array_slice", "list_slice"}) {
      made.push_back({name, {K::kVarchar, K::kAny, K::kAny}, K::kVarchar, &run_slice});
      made.back().check = &check_bounds;
    }
    made.push_back(row_kernel<Left, Text, Text, int64_t>("left", {K::kVarchar, K::kBigint}, K::kVarchar));
    made.push_back(row_kernel<Right, Text, Text, int64_t>("right", {K::kVarchar, K::kBigint}, K::kVarchar));
    return made;
  }();
  return table;
}

}  // namespace segue::engine
