#include "base/suggestion.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/ascii.h"

namespace segue {
namespace {

// Names longer than this are never guessed at: the work grows with the product of the lengths.
constexpr size_t kGuessedBytes = 200;

std::vector<std::string_view> views(std::span<const std::string> names) { return {names.begin(), names.end()}; }

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
  // Optimal string alignment, three rows of the table at a time.
  std::vector<size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      bool same = ascii::lower(a[i - 1]) == ascii::lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      bool swapped = i > 1 && j > 1 && ascii::lower(a[i - 1]) == ascii::lower(b[j - 2]) &&
                     ascii::lower(a[i - 2]) == ascii::lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string_view nearest(std::string_view text, std::span<const std::string_view> candidates) {
  std::string_view best;
  if (text.empty() || text.size() > kGuessedBytes) return best;
  size_t best_distance = 0;
  for (std::string_view candidate : candidates) {
    if (candidate.size() > kGuessedBytes) continue;
    size_t near_enough = std::max(text.size(), candidate.size()) / 3;
    // A short name with one slip is still meant, unless the slip is the whole name.
    if (near_enough == 0 && text.size() + candidate.size() >= 4) near_enough = 1;
    size_t distance = edit_distance(text, candidate);
    if (distance > near_enough || (!best.empty() && distance >= best_distance)) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

std::string_view nearest(std::string_view text, std::span<const std::string> candidates) {
  return nearest(text, views(candidates));
}

std::string suggest(std::string_view text, std::span<const std::string_view> candidates, std::string_view list_word) {
  if (candidates.empty()) return {};
  std::string list = fmt::format("{}: {}", list_word, quoted_list(candidates));
  std::string_view meant = nearest(text, candidates);
  if (meant.empty()) return list;
  if (candidates.size() == 1) return fmt::format("did you mean `{}`?", meant);
  return fmt::format("did you mean `{}`? {}", meant, list);
}

std::string suggest(std::string_view text, std::span<const std::string> candidates, std::string_view list_word) {
  return suggest(text, views(candidates), list_word);
}

std::string quoted_list(std::span<const std::string_view> names, size_t limit) {
  std::string result;
  size_t shown = std::min(names.size(), limit);
  for (size_t i = 0; i < shown; ++i) result += fmt::format("{}`{}`", i == 0 ? "" : ", ", names[i]);
  if (shown < names.size()) result += fmt::format(" and {} more", names.size() - shown);
  return result;
}

std::string quoted_list(std::span<const std::string> names, size_t limit) { return quoted_list(views(names), limit); }

}  // namespace segue
