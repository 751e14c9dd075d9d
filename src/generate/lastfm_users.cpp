#include "generate/lastfm_users.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include "generate/calendar_text.h"
#include "generate/random.h"

namespace segue::generate {
namespace {

constexpr double kPlaysSpread = 0.8;  // sigma of the log-normal law; the largest of 992 has ten times the mean
constexpr double kMeanNovelty =
    0.291;  // songs of a user by plays, a little more than comes out, as some are drawn twice
constexpr double kNoveltySpread = 0.72;

constexpr int64_t kDay = 86400;
constexpr int64_t kFirstDay = 12828;      // 2005-02-14
constexpr int64_t kLastDay = 14410;       // 2009-06-15
constexpr int64_t kSecondsPerPlay = 400;  // a user's time is at least that long, so that plays keep their distance

struct Country {
  std::string_view name;
  uint32_t weight;
};
constexpr std::array<Country, 21> kCountries = {{{"United States", 228},
                                                 {"United Kingdom", 126},
                                                 {"", 85},
                                                 {"Poland", 50},
                                                 {"Germany", 36},
                                                 {"Norway", 35},
                                                 {"Canada", 32},
                                                 {"Finland", 32},
                                                 {"Turkey", 28},
                                                 {"Italy", 27},
                                                 {"Sweden", 24},
                                                 {"Netherlands", 23},
                                                 {"Australia", 22},
                                                 {"Russian Federation", 22},
                                                 {"Brazil", 20},
                                                 {"Spain", 17},
                                                 {"France", 14},
                                                 {"Mexico", 12},
                                                 {"Belgium", 9},
                                                 {"Argentina", 9},
                                                 {"Japan", 8}}};

std::string_view draw_country(Random& random) {
  uint32_t sum = 0;
  for (const Country& country : kCountries) sum += country.weight;
  uint32_t at = random.below(sum);
  for (const Country& country : kCountries) {
    if (at < country.weight) return country.name;
    at -= country.weight;
  }
  return {};
}

// Normal variables at evenly spaced quantiles, in random order: a few users have the spread that many would.
std::vector<double> spread_normals(uint64_t count, Random& random) {
  std::vector<double> normals(count);
  for (uint64_t i = 0; i < count; ++i)
    normals[i] = normal_quantile((static_cast<double>(i) + 0.5) / static_cast<double>(count));
  for (uint64_t i = count; i > 1; --i) std::swap(normals[i - 1], normals[random.below(i)]);
  return normals;
}

// Whole numbers of at least 1 with the given sum, in proportion to the weights.
std::vector<uint64_t> share_out(uint64_t sum, const std::vector<double>& weights) {
  double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  auto spare = static_cast<double>(sum - weights.size());
  std::vector<uint64_t> shares(weights.size());
  double exact = 0;
  uint64_t given = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    exact += weights[i] / all * spare;
    uint64_t now =
        i + 1 == weights.size() ? sum - weights.size() : std::min(static_cast<uint64_t>(exact), sum - weights.size());
    shares[i] = now - given + 1;
    given = now;
  }
  return shares;
}

}  // namespace

std::vector<LastfmUser> make_lastfm_users(uint64_t rows, uint64_t users, uint64_t seed) {
  Random random(hash_combine(seed, 0x75736572));
  std::vector<double> weights = spread_normals(users, random);
  for (double& weight : weights) weight = exponential(kPlaysSpread * weight);
  std::vector<uint64_t> plays = share_out(rows, weights);
  std::vector<double> novelties = spread_normals(users, random);
  std::vector<LastfmUser> result(users);
  for (uint64_t i = 0; i < users; ++i) {
    LastfmUser& user = result[i];
    user.id = fmt::format("user_{:06}", i + 1);
    user.plays = plays[i];
    user.novelty =
        std::min(kMeanNovelty * exponential(kNoveltySpread * novelties[i] - kNoveltySpread * kNoveltySpread / 2), 0.95);
    // Most are listeners to the end; all have time enough for their plays.
    int64_t last_day = random.chance(0.8) ? kLastDay - random.below(45) : kLastDay - random.below(700);
    int64_t needed =
        std::min<int64_t>(static_cast<int64_t>(user.plays) * kSecondsPerPlay / kDay + 1, kLastDay - kFirstDay);
    int64_t days = std::max<int64_t>(needed, 100 + random.below(1400));
    int64_t first_day = std::max(kFirstDay, last_day - days);
    last_day = std::max(last_day, std::min(kLastDay, first_day + needed));
    user.first = first_day * kDay + random.below(kDay);
    user.last = last_day * kDay + random.below(kDay);
    std::string_view gender = random.chance(0.39) ? "f" : random.chance(0.82) ? "m" : "";
    std::string age = random.chance(0.29) ? fmt::format("{}", 16 + random.below(12) + random.below(20)) : "";
    std::string_view country = draw_country(random);
    std::string registered = random.chance(0.99) ? month_day_year(first_day) : "";
    user.profile = fmt::format("{}\t{}\t{}\t{}\t{}", user.id, gender, age, country, registered);
  }
  return result;
}

}  // namespace segue::generate
