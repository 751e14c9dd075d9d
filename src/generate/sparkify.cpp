#include "generate/sparkify.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "generate/new_file.h"
#include "generate/new_folder.h"
#include "generate/sparkify_catalog.h"

namespace segue::generate {
namespace {

constexpr uint64_t kDays = 30;
constexpr int64_t kFirstSecond = 1541030400;  // 2018-11-01
constexpr uint32_t kDaySeconds = 86400;
constexpr double kUserSkew = 2.0;         // how much more often the first users come than the last
constexpr double kSongSkew = 2.5;         // and songs are played
constexpr uint32_t kMostSongs = 120;      // of a session
constexpr uint64_t kBytesPerEvent = 463;  // for the estimate of progress
constexpr size_t kPieceBytes = size_t{4} << 20;

struct Page {
  std::string_view name, method, status;
};
constexpr Page kNextSong{"NextSong", "PUT", "200"}, kHome{"Home", "GET", "200"}, kLogin{"Login", "PUT", "307"},
    kLogout{"Logout", "PUT", "307"}, kUpgrade{"Submit Upgrade", "PUT", "307"},
    kDowngrade{"Submit Downgrade", "PUT", "307"};
// What listeners look at between two songs.
constexpr Page kOthers[] = {kHome,
                            kHome,
                            kHome,
                            kHome,
                            {"Settings", "GET", "200"},
                            {"Downgrade", "GET", "200"},
                            {"Upgrade", "GET", "200"},
                            {"Help", "GET", "200"},
                            {"About", "GET", "200"},
                            {"Save Settings", "PUT", "307"},
                            {"Error", "GET", "404"}};

struct Event {
  int64_t second = 0;
  uint32_t user = 0, session = 0, item = 0;
  int32_t song = -1;
  const Page* page = nullptr;
  bool logged_in = false, paid = false;
};

uint64_t draw(uint64_t n, double skew, Random& random) {
  double place = power_of_two(skew * log_of_two(std::max(random.unit(), 1e-12)));  // unit ^ skew
  return std::min(static_cast<uint64_t>(place * static_cast<double>(n)), n - 1);
}

void append(std::string& text, uint64_t number) {
  char digits[20];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

class Events {
 public:
  explicit Events(const SparkifyOptions& options) : options_(options) {
    for (uint64_t user = 0; user < options.users; ++user) users_.push_back(sparkify_user(user + 1, options.seed));
    for (uint64_t rank = 0; rank < kSparkifySongs; ++rank) {
      songs_.push_back(sparkify_song(rank, options.seed));
      lengths_.push_back(static_cast<uint32_t>(std::stoul(songs_.back().length)));
    }
  }
  const SparkifySong& song(uint64_t rank) const { return songs_[rank]; }

  // The events of a day, in the order of time. Days are made one after another.
  std::vector<Event> day(uint64_t day, uint64_t count) {
    Random random(hash_combine(options_.seed, 100 + day));
    std::vector<Event> events;
    events.reserve(count + kMostSongs * 2);
    while (events.size() < count) add_session(day, random, events);
    events.resize(count);
    std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
      return std::tie(a.second, a.session, a.item) < std::tie(b.second, b.session, b.item);
    });
    return events;
  }

  void append_event(const Event& event, std::string& text) const {
    const SparkifyUser& user = users_[event.user];
    auto or_null = [&](const std::string& value) -> std::string_view {
      return event.logged_in ? std::string_view(value) : "null";
    };
    auto of_song = [&](const std::string SparkifySong::*part) -> std::string_view {
      return event.song < 0 ? "null" : std::string_view(songs_[static_cast<size_t>(event.song)].*part);
    };
    auto add = [&](std::string_view key, std::string_view value) {
      text += key;
      text += value;
    };
    add("{\"artist\":", of_song(&SparkifySong::artist));
    add(",\"auth\":", event.logged_in ? "\"Logged In\"" : "\"Logged Out\"");
    add(",\"firstName\":", or_null(user.first_name));
    add(",\"gender\":", or_null(user.gender));
    text += ",\"itemInSession\":";
    append(text, event.item);
    add(",\"lastName\":", or_null(user.last_name));
    add(",\"length\":", of_song(&SparkifySong::length));
    add(",\"level\":", event.paid ? "\"paid\"" : "\"free\"");
    add(",\"location\":", or_null(user.location));
    add(",\"method\":\"", event.page->method);
    add("\",\"page\":\"", event.page->name);
    add("\",\"registration\":", or_null(user.registration));
    text += ",\"sessionId\":";
    append(text, event.session);
    add(",\"song\":", of_song(&SparkifySong::title));
    add(",\"status\":", event.page->status);
    text += ",\"ts\":";
    append(text, static_cast<uint64_t>(event.second));
    add("796,\"userAgent\":", or_null(user.agent));
    add(",\"userId\":", event.logged_in ? std::string_view(user.id) : "\"\"");
    text += '}';
  }

 private:
  // A visit of one listener, which ends with the day.
  void add_session(uint64_t day, Random& random, std::vector<Event>& events) {
    auto user = static_cast<uint32_t>(draw(options_.users, kUserSkew, random));
    bool& paid = users_[user].paid;
    const int64_t end = kFirstSecond + static_cast<int64_t>((day + 1) * kDaySeconds);
    Event event;
    event.user = user;
    event.session = ++sessions_;
    event.second = end - kDaySeconds + random.below(kDaySeconds);
    auto add = [&](const Page& page, uint32_t seconds) {
      if (event.second >= end) return;
      event.page = &page;
      event.paid = paid;
      events.push_back(event);
      ++event.item;
      event.second += seconds;
    };
    if (random.chance(0.25)) {
      add(kHome, 5 + random.below(30));
      add(kLogin, 1);
    }
    event.logged_in = true;
    if (random.chance(0.3)) add(kHome, 10 + random.below(50));
    uint64_t songs = draw(paid ? kMostSongs : kMostSongs / 4, 2, random);
    for (uint64_t i = 0; i <= songs; ++i) {
      auto song = draw(kSparkifySongs, kSongSkew, random);
      event.song = static_cast<int32_t>(song);
      add(kNextSong, lengths_[song]);
      event.song = -1;
      if (random.chance(0.1)) add(kOthers[random.below(std::size(kOthers))], 1 + random.below(20));
    }
    if (random.chance(paid ? 0.002 : 0.01)) {
      add(paid ? kDowngrade : kUpgrade, 1);
      paid = !paid;
    }
    if (random.chance(0.1)) add(kLogout, 1);
  }

  const SparkifyOptions options_;
  std::vector<SparkifyUser> users_;
  std::vector<SparkifySong> songs_;  // by popularity
  std::vector<uint32_t> lengths_;    // in seconds
  uint32_t sessions_ = 0;
};

void validate(const SparkifyOptions& options) {
  auto require = [](const char* what, uint64_t value, uint64_t least, uint64_t most) {
    if (value < least || value > most)
      fail(ErrorCode::kUsage, fmt::format("{} must be {} to {}, not {}", what, least, most, value));
  };
  require("events", options.events, kDays, kSparkifyEvents);
  require("users", options.users, 1, kSparkifyUsers);
  require("songs", options.songs, 1, kSparkifySongs);
}

}  // namespace

void generate_sparkify(const SparkifyOptions& options, const std::filesystem::path& folder,
                       const Cancellation& cancellation, Progress* progress) {
  validate(options);
  NewFolders folders(folder, {"log_data", "song_data"}, options.force);
  if (progress != nullptr) {
    progress->bytes_total = options.events * kBytesPerEvent;
    progress->stage = "generating events";
  }
  Events makes(options);
  for (uint64_t i = 0; i < options.songs; ++i) {
    cancellation.check();
    // Spread over all of them, so that some are played much and most hardly.
    const SparkifySong& song = makes.song(i * kSparkifySongs / options.songs);
    NewFile file(folders.file("song_data/" + song.file), false);
    file.write(0, song.file_text);
    file.publish();
  }
  std::string text;
  for (uint64_t day = 0; day < kDays; ++day) {
    uint64_t count = options.events * (day + 1) / kDays - options.events * day / kDays;
    NewFile file(folders.file(fmt::format("log_data/2018/11/2018-11-{:02}-events.json", day + 1)), false);
    uint64_t offset = 0, rows = 0;
    auto write = [&] {
      file.write(offset, text);
      offset += text.size();
      if (progress != nullptr) {
        progress->bytes_read += text.size();
        progress->rows_read += rows;
      }
      text.clear();
      rows = 0;
    };
    bool first = true;
    for (const Event& event : makes.day(day, count)) {
      if (!first) text += '\n';
      first = false;
      makes.append_event(event, text);
      ++rows;
      if (text.size() < kPieceBytes) continue;
      cancellation.check();
      write();
    }
    write();
    file.publish();
  }
  if (progress != nullptr) progress->bytes_total = progress->bytes_read.load();
  folders.publish();
}

}  // namespace segue::generate
