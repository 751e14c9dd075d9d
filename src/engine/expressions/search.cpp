// LIKE and its like, contains, starts_with, ends_with, instr.
#include "engine/expressions/rows.h"
#include "engine/expressions/utf8.h"

namespace segue::engine {
namespace {

using Text = std::string_view;

// % is any text, _ one code point; there is no escape (LIKE … ESCAPE is another function).
bool like(Text text, Text pattern) {
  size_t at = 0;
  size_t p = 0;
  size_t after_percent = Text::npos;  // where to go on in the pattern when what follows the last % does not match
  size_t retry = 0;                   // and in the text
  while (at < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      after_percent = ++p;
      retry = at;
    } else if (p < pattern.size() && pattern[p] == '_') {
      at += code_point_bytes(text, at);
      ++p;
    } else if (p < pattern.size() && pattern[p] == text[at]) {
      ++at;
      ++p;
    } else if (after_percent != Text::npos) {
      retry += code_point_bytes(text, retry);
      at = retry;
      p = after_percent;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

template <bool kNot>
struct Like {
  static uint8_t call(Text text, Text pattern) { return like(text, pattern) != kNot; }
};
template <bool kNot>
struct LikeAnyCase {
  static uint8_t call(Text text, Text pattern, TextArena& arena) {
    return like(lower_case(text, arena), lower_case(pattern, arena)) != kNot;
  }
};
struct Contains {
  static uint8_t call(Text text, Text part) { return text.find(part) != Text::npos; }
};
struct StartsWith {
  static uint8_t call(Text text, Text part) { return text.starts_with(part); }
};
struct EndsWith {
  static uint8_t call(Text text, Text part) { return text.ends_with(part); }
};
struct Position {
  static int64_t call(Text text, Text part) {
    size_t found = text.find(part);
    return found == Text::npos ? 0 : count_code_points(text.substr(0, found)) + 1;
  }
};

template <class Op>
Kernel test(std::string_view name) {
  return row_kernel<Op, uint8_t, Text, Text>(name, {Kind::kVarchar, Kind::kVarchar}, Kind::kBoolean);
}

}  // namespace

const KernelTable& search_kernels() {
  static const KernelTable table = [] {
    KernelTable made;
    made.push_back(test<Like<false>>("~~"));
    made.push_back(test<Like<true>>("!~~"));
    made.push_back(test<LikeAnyCase<false>>("~~*"));
    made.push_back(test<LikeAnyCase<true>>("!~~*"));
    made.push_back(test<Contains>("contains"));
    for (const char* name : {"starts_with", "prefix", "^@"}) made.push_back(test<StartsWith>(name));
    for (const char* name : {"ends_with", "suffix"}) made.push_back(test<EndsWith>(name));
    for (const char* name : {"instr", "position", "strpos"}) {
      made.push_back(row_kernel<Position, int64_t, Text, Text>(name, {Kind::kVarchar, Kind::kVarchar}, Kind::kBigint));
    }
    return made;
  }();
  return table;
}

}  // namespace segue::engine
