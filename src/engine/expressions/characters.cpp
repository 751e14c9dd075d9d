// ascii, ord, unicode, chr, translate, lpad, rpad, repeat: texts by their code points.
#include <fmt/format.h>

#include "engine/expressions/rows.h"
#include "engine/expressions/utf8.h"

namespace segue::engine {
namespace {

using Text = std::string_view;

constexpr size_t kMostBytes = 0xFFFFFFFF;  // of one text: what DuckDB takes too

// kEmpty: what an empty text gives.
template <int32_t kEmpty>
struct FirstCodePoint {
  static int32_t call(Text text) {
    return text.empty() ? kEmpty : static_cast<int32_t>(code_point(text, 0, code_point_bytes(text, 0)));
  }
};

struct Character {
  static bool call(int32_t point, TextArena& arena, Text& answer) {
    if (point < 0 || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    char bytes[4];
    auto size = static_cast<size_t>(append_code_point(bytes, static_cast<uint32_t>(point)) - bytes);
    answer = arena.copy({bytes, size});
    return true;
  }
  [[noreturn]] static void fail(int32_t point) { fail_value(fmt::format("no such character: chr({})", point)); }
};

// Each code point of `from` becomes the one of `to` at its place, or is taken away where `to` is shorter. The first
// counts where one stands twice.
struct Translate {
  static Text call(Text text, Text from, Text to, TextArena& arena) {
    char* out = arena.reserve(text.size() * 4);
    char* end = out;
    for (size_t at = 0; at < text.size();) {
      size_t bytes = code_point_bytes(text, at);
      Text one = text.substr(at, bytes);
      at += bytes;
      Text replaced = translated(one, from, to);
      if (!replaced.empty()) std::memcpy(end, replaced.data(), replaced.size());
      end += replaced.size();
    }
    return {out, static_cast<size_t>(end - out)};
  }

 private:
  static Text translated(Text one, Text from, Text to) {
    while (!from.empty()) {
      size_t bytes = code_point_bytes(from, 0);
      size_t replaced = to.empty() ? 0 : code_point_bytes(to, 0);
      if (from.substr(0, bytes) == one) return to.substr(0, replaced);
      from.remove_prefix(bytes);
      to.remove_prefix(replaced);
    }
    return one;
  }
};

// The first `length` code points; what is missing is padded by `padding`, again and again.
template <bool kLeft>
struct Pad {
  static bool call(Text text, int32_t length, Text padding, TextArena& arena, Text& answer) {
    auto wanted = static_cast<size_t>(std::max(length, 0));
    Text kept = text.substr(0, bytes_of_code_points(text, wanted));
    size_t missing = wanted - static_cast<size_t>(count_code_points(kept));
    if (missing == 0) {
      answer = kept;
      return true;
    }
    if (padding.empty()) return false;
    auto points = static_cast<size_t>(count_code_points(padding));
    size_t times = missing / points;
    Text rest = padding.substr(0, bytes_of_code_points(padding, missing % points));
    size_t bytes = times * padding.size() + rest.size();
    char* out = arena.reserve(bytes + kept.size());
    char* pad = kLeft ? out : out + kept.size();
    if (!kept.empty()) std::memcpy(kLeft ? out + bytes : out, kept.data(), kept.size());
    for (size_t i = 0; i < times; ++i) std::memcpy(pad + i * padding.size(), padding.data(), padding.size());
    if (!rest.empty()) std::memcpy(pad + times * padding.size(), rest.data(), rest.size());
    answer = {out, bytes + kept.size()};
    return true;
  }
  [[noreturn]] static void fail(Text text, int32_t length, Text) {
    fail_value(fmt::format("nothing to pad with: {}('{}', {}, '')", kLeft ? "lpad" : "rpad", text, length));
  }
};

struct Repeat {
  static bool call(Text text, int64_t count, TextArena& arena, Text& answer) {
    size_t bytes = 0;
    if (count > 0 && __builtin_mul_overflow(text.size(), static_cast<uint64_t>(count), &bytes)) return false;
    if (bytes > kMostBytes) return false;
    char* out = arena.reserve(bytes);
    for (size_t at = 0; at < bytes; at += text.size()) std::memcpy(out + at, text.data(), text.size());
    answer = {out, bytes};
    return true;
  }
  [[noreturn]] static void fail(Text text, int64_t count) {
    fail_value(fmt::format("out of range: a text of {} bytes, {} times", text.size(), count));
  }
};

}  // namespace

const KernelTable& character_kernels() {
  using K = Kind;
  static const KernelTable table = {
      row_kernel<FirstCodePoint<0>, int32_t, Text>("ascii", {K::kVarchar}, K::kInteger),
      row_kernel<FirstCodePoint<-1>, int32_t, Text>("ord", {K::kVarchar}, K::kInteger),
      row_kernel<FirstCodePoint<-1>, int32_t, Text>("unicode", {K::kVarchar}, K::kInteger),
      row_kernel<Character, Text, int32_t>("chr", {K::kInteger}, K::kVarchar),
      row_kernel<Translate, Text, Text, Text, Text>("translate", {K::kVarchar, K::kVarchar, K::kVarchar}, K::kVarchar),
      row_kernel<Pad<true>, Text, Text, int32_t, Text>("lpad", {K::kVarchar, K::kInteger, K::kVarchar}, K::kVarchar),
      row_kernel<Pad<false>, Text, Text, int32_t, Text>("rpad", {K::kVarchar, K::kInteger, K::kVarchar}, K::kVarchar),
      row_kernel<Repeat, Text, Text, int64_t>("repeat", {K::kVarchar, K::kBigint}, K::kVarchar),
      row_kernel<Repeat, Text, Text, int64_t>("repeat", {K::kBlob, K::kBigint}, K::kBlob),
  };
  return table;
}

}  // namespace segue::engine
