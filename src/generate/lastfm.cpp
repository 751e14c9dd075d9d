#include "generate/lastfm.h"

#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "generate/calendar_text.h"
#include "generate/lastfm_catalog.h"
#include "generate/lastfm_users.h"
#include "generate/new_file.h"
#include "generate/random.h"

namespace segue::generate {
namespace {

constexpr uint64_t kBytesPerPlay = 126;  // for the estimate of progress

// Text held back until it is the user's turn to write.
constexpr size_t kMostHeldBack = size_t{64} << 20;

// Plays a session, and seconds between plays: their laws as tables of quantiles, one random number a look-up.
constexpr size_t kQuantiles = 4096;

constexpr double kSessionMedian = 8.6;  // plays; with the spread about 19 in the mean
constexpr double kSessionSpread = 1.24;
constexpr double kMarathons = 0.0004;  // of the sessions, many times as long: a player that runs for days
constexpr double kPauseSpread = 1.3;   // of the time between sessions
constexpr double kFirstPlays = 20;     // after as many, half of the runs are new
constexpr size_t kLate = 1500;         // plays that are well remembered
constexpr double kSameRun = 0.68;  // a run of plays goes on with that chance: an album, or a list that is played again

// Gaps within a session stay below 20 minutes, gaps between sessions above.
constexpr int64_t kShortestPause = 1201;

struct Laws {
  std::array<uint32_t, kQuantiles> session;  // plays
  std::array<uint32_t, kQuantiles> gap;      // seconds
  std::array<double, kQuantiles> pause;      // mean 1

  Laws() {
    double pauses = 0;
    for (size_t i = 0; i < kQuantiles; ++i) {
      double p = (static_cast<double>(i) + 0.5) / kQuantiles, normal = normal_quantile(p);
      session[i] = static_cast<uint32_t>(kSessionMedian * exponential(kSessionSpread * normal) + 0.5) + 1;
      gap[i] = gap_at(p);
      pause[i] = exponential(kPauseSpread * normal);
      pauses += pause[i];
    }
    for (double& value : pause) value *= kQuantiles / pauses;
    gap.back() = kShortestPause - 1;  // exactly twenty minutes does happen
  }

  // Some skip, most hear a song of three to five minutes to its end, a few stop for a while, at most twenty minutes.
  static uint32_t gap_at(double p) {
    if (p < 0.08) return 5 + static_cast<uint32_t>(p / 0.08 * 120);
    if (p < 0.96) return static_cast<uint32_t>(235 + 60 * normal_quantile((p - 0.08) / 0.88 * 0.98 + 0.01));
    return 400 + static_cast<uint32_t>((p - 0.96) / 0.04 * 801);
  }
};

// Hands out ranges of the file in the order of users, whichever worker is ready first.
class Turns {
 public:
  explicit Turns(const Cancellation& cancellation) : cancellation_(cancellation) {}
  // Waits until all users before have reserved all they need; then this one goes on at the offset returned.
  uint64_t reserve(size_t user, uint64_t bytes) {
    std::unique_lock guard(lock_);
    while (turn_ != user) {
      if (stopped_) fail(ErrorCode::kCancelled, "stopped");
      cancellation_.check();
      next_.wait_for(guard, std::chrono::milliseconds(50));
    }
    uint64_t offset = offset_;
    offset_ += bytes;
    return offset;
  }
  // REQUIRES: it is this user's turn.
  void finish() {
    {
      std::lock_guard guard(lock_);
      ++turn_;
    }
    next_.notify_all();
  }
  // Nobody gets a turn any more: a user before will never finish.
  void stop() {
    {
      std::lock_guard guard(lock_);
      stopped_ = true;
    }
    next_.notify_all();
  }

 private:
  const Cancellation& cancellation_;
  std::mutex lock_;
  std::condition_variable next_;
  size_t turn_ = 0;  // guarded by lock_, as all below
  uint64_t offset_ = 0;
  bool stopped_ = false;
};

// Times of a user's plays, newest first, as the seconds from each to the one before it in time.
class Times {
 public:
  Times(const LastfmUser& user, const Laws& laws, Random& random) {
    gaps_.reserve(user.plays);
    uint64_t left = 0, sessions = 0;
    double pauses = 0, plays = 0;
    for (uint64_t i = 0; i < user.plays; ++i) {
      if (left == 0) {
        left = laws.session[random.next() % kQuantiles];
        if (random.chance(kMarathons)) left *= 2 + random.below(14);
        double pause = laws.pause[random.next() % kQuantiles];
        pauses += pause;
        ++sessions;
        gaps_.push_back({static_cast<float>(pause), true});
      } else {
        uint32_t gap = laws.gap[random.next() % kQuantiles];
        plays += gap;
        gaps_.push_back({static_cast<float>(gap), false});
      }
      --left;
    }
    // Pauses are stretched so that all fits between first and last; impossible amounts of plays are squeezed.
    auto span = static_cast<double>(user.last - user.first);
    play_scale_ = std::min(1.0, 0.7 * span / std::max(plays, 1.0));
    double rest = span - plays * play_scale_;
    if (rest > 1.5 * static_cast<double>(sessions) * kShortestPause) {
      shortest_pause_ = kShortestPause;
      rest -= static_cast<double>(sessions) * kShortestPause;
    }
    pause_scale_ = rest / std::max(pauses, 1.0);
  }
  int64_t gap(uint64_t i) const {
    const Gap& gap = gaps_[i];
    double seconds =
        gap.pause ? static_cast<double>(shortest_pause_) + gap.size * pause_scale_ : gap.size * play_scale_;
    return static_cast<int64_t>(seconds);
  }

 private:
  struct Gap {
    float size;
    bool pause;
  };

  std::vector<Gap> gaps_;
  double play_scale_ = 1, pause_scale_ = 1;
  int64_t shortest_pause_ = 0;
};

// What a user plays: runs of songs that are new to the user, by one artist, and runs of what was played before. So
// neighbours tend to be by one artist, and some songs become favourites for a while.
class Listener {
 public:
  Listener(const LastfmUser& user, const LastfmCatalog& catalog, Random& random)
      : user_(user), catalog_(catalog), random_(random) {
    history_.reserve(user.plays);
  }
  // The four fields of the next play. Valid until the next call.
  std::string_view next() {
    if (!in_run_ || !random_.chance(kSameRun)) {
      in_run_ = true;
      // At first nearly all is new.
      discover_ =
          random_.chance(std::max(user_.novelty, kFirstPlays / (kFirstPlays + static_cast<double>(history_.size()))));
      if (discover_) {
        artist_ = catalog_.draw_artist(random_);
      } else {
        // Half of the time something of late, else any song once found.
        size_t late = std::min(history_.size(), kLate);
        at_ = random_.chance(0.5) ? history_.size() - late + random_.below(late) : found_[random_.below(found_.size())];
      }
    }
    if (discover_) {
      auto begin = texts_.size();
      found_.push_back(history_.size());
      catalog_.append_fields({artist_, catalog_.draw_song(artist_, random_)}, texts_);
      history_.push_back({begin, static_cast<uint32_t>(texts_.size() - begin)});
    } else {
      history_.push_back(history_[at_++]);
    }
    const Play& play = history_.back();
    return {texts_.data() + play.begin, play.length};
  }

 private:
  struct Play {
    uint64_t begin;  // in texts_
    uint32_t length;
  };
  const LastfmUser& user_;
  const LastfmCatalog& catalog_;
  Random& random_;
  std::string texts_;
  std::vector<Play> history_;
  std::vector<size_t> found_;  // where in history_ the first plays of songs are
  bool in_run_ = false, discover_ = false;
  uint32_t artist_ = 0;
  size_t at_ = 0;
};

struct Output {
  NewFile& file;
  Turns& turns;
  Progress* progress;
  const Cancellation& cancellation;
};

void write_user(size_t index, const LastfmUser& user, const LastfmCatalog& catalog, const Laws& laws, uint64_t seed,
                std::string& text, Output& output) {
  Random random(hash_combine(seed, index + 1));
  Times times(user, laws, random);
  Listener listener(user, catalog, random);
  TimestampText timestamp;
  std::string head = user.id + '\t';
  text.clear();
  int64_t time = user.last;
  uint64_t reported = 0;
  auto write = [&](uint64_t plays_done) {
    uint64_t offset = output.turns.reserve(index, text.size());
    if (plays_done == user.plays) output.turns.finish();
    output.file.write(offset, text);
    if (output.progress != nullptr) {
      output.progress->bytes_read.fetch_add(text.size(), std::memory_order_relaxed);
      output.progress->rows_read.fetch_add(plays_done - reported, std::memory_order_relaxed);
    }
    reported = plays_done;
    text.clear();
  };
  for (uint64_t i = 0; i < user.plays; ++i) {
    if (i % 8192 == 0) output.cancellation.check();
    std::string_view song = listener.next();
    size_t at = text.size(), bytes = head.size() + TimestampText::kBytes + 1 + song.size() + 1;
    text.resize(at + bytes);
    char* to = text.data() + at;
    std::memcpy(to, head.data(), head.size());
    to += head.size();
    timestamp.write(time, to);
    to += TimestampText::kBytes;
    *to++ = '\t';
    std::memcpy(to, song.data(), song.size());
    to[song.size()] = '\n';
    time -= times.gap(i);
    if (text.size() >= kMostHeldBack && i + 1 != user.plays) write(i + 1);
  }
  write(user.plays);
}

void validate(const LastfmOptions& options) {
  auto require = [](bool holds, std::string message, std::string hint) {
    if (!holds) fail(ErrorCode::kUsage, std::move(message), std::move(hint));
  };
  require(options.rows >= 1 && options.rows <= kLastfmRows,
          fmt::format("rows must be 1 to {}, not {}", kLastfmRows, options.rows), "");
  require(options.users >= 1 && options.users <= kLastfmUsers,
          fmt::format("users must be 1 to {}, not {}", kLastfmUsers, options.users), "");
  require(options.users <= options.rows, fmt::format("{} users can't share {} rows", options.users, options.rows),
          "every user has a play at least");
}

}  // namespace

void generate_lastfm(const LastfmOptions& options, const std::filesystem::path& plays,
                     const std::filesystem::path& profiles, Workers& workers, Progress* progress) {
  validate(options);
  NewFile plays_file(plays, options.force);
  std::optional<NewFile> profiles_file;
  if (!profiles.empty()) profiles_file.emplace(profiles, options.force);
  if (progress != nullptr) {
    progress->bytes_total = options.rows * kBytesPerPlay;
    progress->stage = "generating plays";
  }
  std::vector<LastfmUser> users = make_lastfm_users(options.rows, options.users, options.seed);
  if (profiles_file) {
    std::string text = "#id\tgender\tage\tcountry\tregistered\n";
    for (const LastfmUser& user : users) text += user.profile + '\n';
    profiles_file->write(0, text);
  }
  const LastfmCatalog catalog(options.seed);
  const Laws laws;
  Turns turns(workers.cancellation());
  Output output{plays_file, turns, progress, workers.cancellation()};
  std::vector<std::string> texts(workers.count());
  workers.for_each(users.size(), [&](size_t worker, size_t user) {
    try {
      write_user(user, users[user], catalog, laws, options.seed, texts[worker], output);
    } catch (...) {
      turns.stop();  // those who wait for this user would wait for ever
      throw;
    }
  });
  if (progress != nullptr) progress->bytes_total = progress->bytes_read.load();
  plays_file.publish();
  if (profiles_file) profiles_file->publish();
}

}  // namespace segue::generate
