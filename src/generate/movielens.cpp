#include "generate/movielens.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "generate/new_file.h"
#include "generate/random.h"

namespace segue::generate {
namespace {

constexpr uint64_t kFewestRatings = 20;      // of a user
constexpr uint64_t kMostShare = 4;           // a user rates a quarter of all movies at most
constexpr double kUserSpread = 1.0;          // of the logarithm of a user's ratings
constexpr double kMovieSkew = 2.2;           // how much more often the first movies are rated than the last
constexpr int64_t kFirstSecond = 956703932;  // 2000-04-25
constexpr uint32_t kSeconds = 89'000'000;    // nearly three years
constexpr uint64_t kBytesPerRating = 23;     // for the estimate of progress
constexpr size_t kPieceBytes = size_t{4} << 20;

constexpr std::array kGenres = {"Action",      "Adventure", "Animation", "Children's", "Comedy", "Crime",
                                "Documentary", "Drama",     "Fantasy",   "Film-Noir",  "Horror", "Musical",
                                "Mystery",     "Romance",   "Sci-Fi",    "Thriller",   "War",    "Western"};
constexpr std::array kAges = {1, 18, 25, 35, 45, 50, 56};
// In ISO-8859-1.
constexpr std::array kWords = {"Night",  "River",  "City",          "Last",     "Summer", "Glass",   "Winter",
                               "Letter", "Garden", "Mis\xE9rables", "Stranger", "Moon",   "Caf\xE9", "House",
                               "Road",   "Silent", "Dream",         "Citt\xE0", "Storm",  "Blue",    "F\xFCnf",
                               "Bridge", "Days",   "Train",         "Love",     "Ghost",  "King",    "Ni\xF1o",
                               "Island", "Mirror", "Paper",         "Fire"};

void append(std::string& text, uint64_t number) {
  char digits[20];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

std::string movies_text(const MovielensOptions& options) {
  Random random(hash_combine(options.seed, 1));
  std::string text;
  for (uint64_t movie = 1; movie <= options.movies; ++movie) {
    append(text, movie);
    text += "::";
    for (uint32_t word = 0, words = 1 + random.below(4); word < words; ++word) {
      if (word != 0) text += ' ';
      text += kWords[random.below(kWords.size())];
    }
    if (random.chance(0.2)) text += ", The";
    text += fmt::format(" ({})::", 1930 + random.below(71));
    uint32_t first = random.below(kGenres.size());
    text += kGenres[first];
    if (random.chance(0.5))
      text += std::string("|") + kGenres[(first + 1 + random.below(kGenres.size() - 1)) % kGenres.size()];
    text += '\n';
  }
  return text;
}

std::string users_text(const MovielensOptions& options) {
  Random random(hash_combine(options.seed, 2));
  std::string text;
  for (uint64_t user = 1; user <= options.users; ++user) {
    text += fmt::format("{}::{}::{}::{}::{:05}\n", user, random.chance(0.72) ? 'M' : 'F',
                        kAges[random.below(kAges.size())], random.below(21), random.below(100'000));
  }
  return text;
}

// How many ratings each user gives: few give many. They add up to options.ratings.
std::vector<uint64_t> ratings_of_users(const MovielensOptions& options) {
  Random random(hash_combine(options.seed, 3));
  std::vector<double> weights(options.users);
  for (double& weight : weights)
    weight = exponential(kUserSpread * normal_quantile(std::clamp(random.unit(), 1e-9, 1 - 1e-9)));
  double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  uint64_t most = options.movies / kMostShare, free = options.ratings - kFewestRatings * options.users, given = 0;
  std::vector<uint64_t> counts(options.users, kFewestRatings);
  for (size_t user = 0; user < counts.size(); ++user) {
    auto more = std::min(static_cast<uint64_t>(static_cast<double>(free) * weights[user] / sum), most - kFewestRatings);
    counts[user] += more;
    given += more;
  }
  // What rounding and the bound left over goes round.
  for (size_t user = 0; given < free; user = (user + 1) % counts.size()) {
    if (counts[user] >= most) continue;
    ++counts[user];
    ++given;
  }
  return counts;
}

// A user's ratings: movies without repetition, the popular ones more often, in an order of time.
class Ratings {
 public:
  explicit Ratings(uint64_t movies) : seen_(movies + 1) {}

  void append_user(uint64_t user, uint64_t count, Random& random, std::string& text) {
    double taste = random.unit() - 0.5;
    int64_t second = kFirstSecond + random.below(kSeconds);
    for (uint64_t i = 0; i < count; ++i) {
      uint64_t movie = draw(user, random);
      second += random.below(60);
      append(text, user);
      text += "::";
      append(text, movie);
      text += "::";
      // Most ratings are 3 and 4; popular movies are liked a little better.
      double liking = 3.6 + taste + 0.4 * (static_cast<double>(movie % 97) / 48.5 - 1) +
                      1.1 * normal_quantile(std::clamp(random.unit(), 1e-9, 1 - 1e-9));
      append(text, static_cast<uint64_t>(std::clamp(std::floor(liking + 0.5), 1.0, 5.0)));
      text += "::";
      append(text, static_cast<uint64_t>(second));
      text += '\n';
    }
  }

 private:
  uint64_t draw(uint64_t user, Random& random) {
    uint64_t movies = seen_.size() - 1;
    while (true) {
      double place = power_of_two(kMovieSkew * log_of_two(std::max(random.unit(), 1e-12)));  // unit ^ skew
      uint64_t movie = 1 + hash_word(static_cast<uint64_t>(place * static_cast<double>(movies))) % movies;
      if (seen_[movie] == user) movie = 1 + random.below(movies);
      if (seen_[movie] == user) continue;
      seen_[movie] = user;
      return movie;
    }
  }
  std::vector<uint64_t> seen_;  // by movie: the last user who rated it
};

void validate(const MovielensOptions& options) {
  auto require = [](bool holds, std::string message, std::string hint) {
    if (!holds) fail(ErrorCode::kUsage, std::move(message), std::move(hint));
  };
  require(options.movies >= 100 && options.movies <= kMovielensMovies,
          fmt::format("movies must be 100 to {}, not {}", kMovielensMovies, options.movies), "");
  require(options.users >= 1 && options.users <= kMovielensUsers,
          fmt::format("users must be 1 to {}, not {}", kMovielensUsers, options.users), "");
  uint64_t least = kFewestRatings * options.users, most = options.users * (options.movies / kMostShare);
  require(
      options.ratings >= least && options.ratings <= std::min(most, kMovielensRatings),
      fmt::format("{} users give {} to {} ratings of {} movies, not {}", options.users, least,
                  std::min(most, kMovielensRatings), options.movies, options.ratings),
      fmt::format("each user gives {} ratings at least, and rates a quarter of the movies at most", kFewestRatings));
}

}  // namespace

void generate_movielens(const MovielensOptions& options, const std::filesystem::path& folder,
                        const Cancellation& cancellation, Progress* progress) {
  validate(options);
  NewFile ratings(folder / "ratings.dat", options.force), movies(folder / "movies.dat", options.force),
      users(folder / "users.dat", options.force);
  if (progress != nullptr) {
    progress->bytes_total = options.ratings * kBytesPerRating;
    progress->stage = "generating ratings";
  }
  movies.write(0, movies_text(options));
  users.write(0, users_text(options));
  std::vector<uint64_t> counts = ratings_of_users(options);
  Ratings makes(options.movies);
  std::string text;
  uint64_t offset = 0, rows = 0;
  auto write = [&]() {
    ratings.write(offset, text);
    offset += text.size();
    if (progress != nullptr) {
      progress->bytes_read += text.size();
      progress->rows_read += rows;
    }
    text.clear();
    rows = 0;
  };
  for (uint64_t user = 1; user <= options.users; ++user) {
    cancellation.check();
    Random random(hash_combine(options.seed, 100 + user));
    makes.append_user(user, counts[user - 1], random, text);
    rows += counts[user - 1];
    if (text.size() >= kPieceBytes) write();
  }
  write();
  if (progress != nullptr) progress->bytes_total = progress->bytes_read.load();
  movies.publish();
  users.publish();
  ratings.publish();
}

}  // namespace segue::generate
