// ||, concat, concat_ws, lower, upper, length, strlen, trim, replace, repeat.
#include <fmt/format.h>

#include "engine/expressions/rows.h"
#include "engine/expressions/utf8.h"

namespace segue::engine {
namespace {

using Text = std::string_view;

struct Append {
  static Text call(Text a, Text b, TextArena& arena) {
    if (a.empty()) return b;
    if (b.empty()) return a;
    char* out = arena.reserve(a.size() + b.size());
    std::memcpy(out, a.data(), a.size());
    std::memcpy(out + a.size(), b.data(), b.size());
    return {out, a.size() + b.size()};
  }
};

// Row i of the arguments from `first` on, NULLs left out, `between` between two.
Text join(const Call& call, size_t first, size_t i, Text between, TextArena& arena) {
  size_t bytes = 0;
  size_t count = 0;
  for (size_t k = first; k < call.arguments.size(); ++k) {
    if (!call.arguments[k].is_valid(i)) continue;
    bytes += call.arguments[k].text(i).size();
    ++count;
  }
  if (count > 1) bytes += (count - 1) * between.size();
  char* out = arena.reserve(bytes);
  char* end = out;
  auto append = [&](Text text) {
    if (!text.empty()) std::memcpy(end, text.data(), text.size());
    end += text.size();
  };
  for (size_t k = first; k < call.arguments.size(); ++k) {
    if (!call.arguments[k].is_valid(i)) continue;
    append(call.arguments[k].text(i));
    if (--count > 0) append(between);
  }
  return {out, bytes};
}

void run_concat(const Call& call, Answer& answer) {
  auto* out = answer.values<Text>(call.rows);
  for (size_t i = 0; i < call.rows; ++i) out[i] = join(call, 0, i, {}, answer.text());
}

void run_concat_ws(const Call& call, Answer& answer) {
  auto* out = answer.values<Text>(call.rows);
  uint8_t* valid = answer.valid(call.rows);
  for (size_t i = 0; i < call.rows; ++i) {
    valid[i] = call.arguments[0].is_valid(i);
    out[i] = valid[i] ? join(call, 1, i, call.arguments[0].text(i), answer.text()) : Text();
  }
}

struct Lower {
  static Text call(Text text, TextArena& arena) { return lower_case(text, arena); }
};
struct Upper {
  static Text call(Text text, TextArena& arena) { return upper_case(text, arena); }
};

struct Length {
  static int64_t call(Text text) { return count_code_points(text); }
};
struct Bytes {
  static int64_t call(Text text) { return static_cast<int64_t>(text.size()); }
};

// What `taken` says of a code point's bytes is cut off at the ends.
template <bool kLeft, bool kRight, class F>
Text trimmed(Text text, F&& taken) {
  size_t begin = 0;
  while (kLeft && begin < text.size()) {
    size_t bytes = code_point_bytes(text, begin);
    if (!taken(begin, bytes)) break;
    begin += bytes;
  }
  size_t end = text.size();
  while (kRight && end > begin) {
    size_t at = end - 1;
    while (at > begin && !starts_code_point(text[at])) --at;
    if (!taken(at, end - at)) break;
    end = at;
  }
  return text.substr(begin, end - begin);
}

template <bool kLeft, bool kRight>
struct Trim {
  static Text call(Text text) {
    return trimmed<kLeft, kRight>(text, [&](size_t at, size_t bytes) { return is_space(code_point(text, at, bytes)); });
  }
};

template <bool kLeft, bool kRight>
struct TrimOf {
  static Text call(Text text, Text characters) {
    return trimmed<kLeft, kRight>(text, [&](size_t at, size_t bytes) {
      Text one = text.substr(at, bytes);
      for (size_t k = 0; k < characters.size();) {
        size_t length = code_point_bytes(characters, k);
        if (characters.substr(k, length) == one) return true;
        k += length;
      }
      return false;
    });
  }
};

struct Replace {
  static Text call(Text text, Text from, Text to, TextArena& arena) {
    if (from.empty() || text.find(from) == Text::npos) return text;
    std::string out;
    size_t at = 0;
    for (size_t found = text.find(from); found != Text::npos; found = text.find(from, at)) {
      out.append(text.substr(at, found - at)).append(to);
      at = found + from.size();
    }
    out.append(text.substr(at));
    return arena.copy(out);
  }
};

template <bool kLeft, bool kRight>
void add_trim(KernelTable& table, std::string_view name) {
  table.push_back(row_kernel<Trim<kLeft, kRight>, Text, Text>(name, {Kind::kVarchar}, Kind::kVarchar));
  table.push_back(
      row_kernel<TrimOf<kLeft, kRight>, Text, Text, Text>(name, {Kind::kVarchar, Kind::kVarchar}, Kind::kVarchar));
}

}  // namespace

const KernelTable& string_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made;
    made.push_back(row_kernel<Append, Text, Text, Text>("||", {K::kVarchar, K::kVarchar}, K::kVarchar));
    made.push_back({.name = "concat",
                    .arguments = {K::kVarchar},
                    .result = K::kVarchar,
                    .run = &run_concat,
                    .sees_nulls = true,
                    .variadic = true});
    made.push_back({.name = "concat_ws",
                    .arguments = {K::kVarchar, K::kVarchar},
                    .result = K::kVarchar,
                    .run = &run_concat_ws,
                    .sees_nulls = true,
                    .variadic = true});
    for (const char* name : {"lower", "lcase"})
      made.push_back(row_kernel<Lower, Text, Text>(name, {K::kVarchar}, K::kVarchar));
    for (const char* name : {"upper", "ucase"})
      made.push_back(row_kernel<Upper, Text, Text>(name, {K::kVarchar}, K::kVarchar));
    for (const char* name : {"length", "len", "char_length", "character_length"}) {
      made.push_back(row_kernel<Length, int64_t, Text>(name, {K::kVarchar}, K::kBigint));
    }
    made.push_back(row_kernel<Bytes, int64_t, Text>("strlen", {K::kVarchar}, K::kBigint));
    add_trim<true, true>(made, "trim");
    add_trim<true, false>(made, "ltrim");
    add_trim<false, true>(made, "rtrim");
    made.push_back(
        row_kernel<Replace, Text, Text, Text, Text>("replace", {K::kVarchar, K::kVarchar, K::kVarchar}, K::kVarchar));
    return made;
  }();
  return table;
}

}  // namespace segue::engine
