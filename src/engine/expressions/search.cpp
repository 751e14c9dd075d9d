// LIKE and its like (also with ESCAPE), contains, starts_with, ends_with, instr.
#include <cctype>

#include <fmt/format.h>

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
// LIKE … ESCAPE. The character after an escape stands for itself; kBroken: there is none. Bytes are compared where an
// escape is, code points by _.
enum class Match : uint8_t { kNo, kYes, kBroken };

Match like_escaped(Text text, Text pattern, char escape) {
  size_t at = 0;
  size_t p = 0;
  for (; p < pattern.size() && at < text.size(); ++p) {
    if (pattern[p] == escape) {
      if (++p == pattern.size()) return Match::kBroken;
      if (pattern[p] != text[at]) return Match::kNo;
      ++at;
    } else if (pattern[p] == '_') {
      at += code_point_bytes(text, at);
    } else if (pattern[p] == '%') {
      while (p < pattern.size() && pattern[p] == '%') ++p;
      if (p == pattern.size()) return Match::kYes;
      for (; at < text.size(); ++at) {
        Match rest = like_escaped(text.substr(at), pattern.substr(p), escape);
        if (rest != Match::kNo) return rest;
      }
      return Match::kNo;
    } else if (pattern[p] == text[at]) {
      ++at;
    } else {
      return Match::kNo;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size() && at == text.size() ? Match::kYes : Match::kNo;
}

// An empty escape is the character 0.
template <bool kNot, bool kAnyCase>
struct LikeEscape {
  static bool call(Text text, Text pattern, Text escape, TextArena& arena, uint8_t& answer) {
    if (escape.size() > 1) return false;
    if (kAnyCase) {
      text = lower_case(text, arena);
      pattern = lower_case(pattern, arena);
    }
    Match match = like_escaped(text, pattern, escape.empty() ? '\0' : escape[0]);
    answer = (match == Match::kYes) != kNot;
    return match != Match::kBroken;
  }
  [[noreturn]] static void fail(Text, Text pattern, Text escape) {
    if (escape.size() > 1) fail_value(fmt::format("'{}' is no escape: it must be one character or none", escape));
    fail_value(fmt::format("the pattern '{}' ends with its escape", pattern));
  }
};

// Not with a constant pattern that cannot end with its escape.
bool escape_can_fail(const plan::Expression& call) {
  const Value* pattern = constant_argument(call, 1);
  const Value* escape = constant_argument(call, 2);
  if (pattern == nullptr || escape == nullptr) return true;
  const auto& text = std::get<std::string>(pattern->data);
  const auto& mark = std::get<std::string>(escape->data);
  bool letter = mark.size() == 1 && std::isalpha(static_cast<unsigned char>(mark[0]));  // may come of another case
  return mark.size() > 1 || letter || (!text.empty() && text.back() == (mark.empty() ? '\0' : mark[0]));
}

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

template <class Op>
void add_escape(KernelTable& table, std::string_view name) {
  table.push_back(row_kernel<Op, uint8_t, Text, Text, Text>(name, {Kind::kVarchar, Kind::kVarchar, Kind::kVarchar},
                                                            Kind::kBoolean));
  table.back().fallible = true;
  table.back().can_fail = &escape_can_fail;
}

}  // namespace

const KernelTable& search_kernels() {
  static const KernelTable table = [] {
    KernelTable made;
    made.push_back(test<Like<false>>("~~"));
    made.push_back(test<Like<true>>("!~~"));
    made.push_back(test<LikeAnyCase<false>>("~~*"));
    made.push_back(test<LikeAnyCase<true>>("!~~*"));
    add_escape<LikeEscape<false, false>>(made, "like_escape");
    add_escape<LikeEscape<true, false>>(made, "not_like_escape");
    add_escape<LikeEscape<false, true>>(made, "ilike_escape");
    add_escape<LikeEscape<true, true>>(made, "not_ilike_escape");
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
