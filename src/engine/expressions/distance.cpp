// levenshtein, hamming, jaccard: how far texts are from each other, byte by byte.
#include <algorithm>
#include <bitset>

#include <fmt/format.h>

#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

using Text = std::string_view;

// Bytes to insert, take away or exchange.
struct Levenshtein {
  static int64_t call(Text a, Text b) {
    std::vector<int64_t> row(b.size() + 1);  // of the beginning of a that was looked at, to each beginning of b
    for (size_t i = 0; i < row.size(); ++i) row[i] = static_cast<int64_t>(i);
    for (size_t i = 0; i < a.size(); ++i) {
      int64_t diagonal = row[0]++;
      for (size_t k = 0; k < b.size(); ++k) {
        int64_t exchanged = diagonal + (a[i] != b[k]);
        diagonal = row[k + 1];
        row[k + 1] = std::min({exchanged, row[k] + 1, row[k + 1] + 1});
      }
    }
    return row.back();
  }
};

struct Hamming {
  static bool call(Text a, Text b, int64_t& answer) {
    if (a.size() != b.size() || a.empty()) return false;
    answer = 0;
    for (size_t i = 0; i < a.size(); ++i) answer += a[i] != b[i];
    return true;
  }
  [[noreturn]] static void fail(Text a, Text b) {
    fail_value(fmt::format("hamming wants texts of the same length, not empty: '{}' and '{}'", a, b));
  }
};

// The share of bytes that both have among those that either has.
struct Jaccard {
  static bool call(Text a, Text b, double& answer) {
    if (a.empty() || b.empty()) return false;
    auto set_of = [](Text text) {
      std::bitset<256> set;
      for (char c : text) set.set(static_cast<unsigned char>(c));
      return set;
    };
    auto of_a = set_of(a);
    auto of_b = set_of(b);
    answer = static_cast<double>((of_a & of_b).count()) / static_cast<double>((of_a | of_b).count());
    return true;
  }
  [[noreturn]] static void fail(Text a, Text b) {
    fail_value(fmt::format("jaccard wants texts that are not empty: '{}' and '{}'", a, b));
  }
};

}  // namespace

const KernelTable& distance_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made;
    for (const char* name : {"levenshtein", "editdist3"})
      made.push_back(row_kernel<Levenshtein, int64_t, Text, Text>(name, {K::kVarchar, K::kVarchar}, K::kBigint));
    for (const char* name : {"hamming", "mismatches"})
      made.push_back(row_kernel<Hamming, int64_t, Text, Text>(name, {K::kVarchar, K::kVarchar}, K::kBigint));
    made.push_back(row_kernel<Jaccard, double, Text, Text>("jaccard", {K::kVarchar, K::kVarchar}, K::kDouble));
    return made;
  }();
  return table;
}

}  // namespace segue::engine
