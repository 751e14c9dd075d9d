#include "generate/lastfm_catalog.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace segue::generate {
namespace {

constexpr uint32_t kArtists = 211'000;

// Shape constants, set so that the full-size file comes near to the real one (see the README).
constexpr double kArtistShift = 24;
constexpr double kSongShift = 2.8;
constexpr double kSongsOfFirst = 5'000;  // of the most popular artist
constexpr double kSongsExponent = 0.85;  // how fast the number of songs falls with the artist's rank
constexpr double kFewestSongs = 1;

constexpr double kArtistsWithoutId = 0.035;
constexpr double kSongsWithoutId = 0.12;

enum Salt : uint64_t { kArtistId = 1, kTrackId, kArtistName, kTitle, kSize, kTitleOrder };

constexpr std::array<std::string_view, 98> kFirst = {
    "Silver", "Broken", "Velvet", "Hidden",  "Paper",  "Golden", "Lonely", "Night",  "Crystal", "Wild",   "Quiet",
    "Neon",   "Sweet",  "Black",  "Frozen",  "Little", "Modern", "Secret", "Summer", "Blue",    "Early",  "Gentle",
    "Hollow", "Iron",   "Jade",   "Kind",    "Lucid",  "North",  "Open",   "Pale",   "Rising",  "Sacred", "Tender",
    "Urban",  "Violet", "Wooden", "Young",   "Arcade", "Bloc",   "Far",    "José",   "Sigur",   "Björk",  "Émile",
    "Zoë",    "Amélie", "Søren",  "Łukasz",  "Renée",  "Jürgen", "Mötley", "Anna",   "Elliot",  "Regina", "Damien",
    "Nina",   "Johnny", "Nick",   "Marc",    "Lisa",   "Tom",    "Joanna", "椎名",   "坂本",    "初音",   "小林",
    "김",     "Иван",   "Анна",   "Земфира", "Fela",   "Ali",    "Omar",   "Amadou", "Old",     "New",    "Radio",
    "Super",  "Deep",   "Mega",   "Proto",   "Retro",  "Ultra",  "Mono",   "Poly",   "Red",     "Low",    "High",
    "Cold",   "Warm",   "Slow",   "Lost",    "Last",   "Long",   "Dark",   "Soft",   "Bright",  "Half"};

constexpr std::array<std::string_view, 155> kSecond = {
    "River",  "Mirror", "Machine", "Garden",  "Ghost",   "Harbour", "Signal",  "Winter", "Orchid", "Engine", "Wolf",
    "Valley", "Parade", "Echo",    "Lantern", "Thunder", "Ocean",   "Letter",  "Shadow", "Circus", "Motel",  "Avenue",
    "Bird",   "Castle", "Dream",   "Empire",  "Feather", "Gallery", "Island",  "Jungle", "Ladder", "Meadow", "Needle",
    "Oracle", "Palace", "Raven",   "Season",  "Tower",   "Voyage",  "Window",  "Zephyr", "Anchor", "Bridge", "Candle",
    "Desert", "Ember",  "Forest",  "Glass",   "Heart",   "Ink",     "Jewel",   "Kite",   "Lake",   "Moon",   "Orbit",
    "Piano",  "Queen",  "Rain",    "Storm",   "Train",   "Violin",  "Water",   "Rós",    "Dupont", "Müller", "Nuñez",
    "Çelik",  "Kovács", "Novák",   "O'Brien", "林檎",    "龍一",    "ミク",    "太郎",   "음악",   "Волна",  "Москва",
    "Kuti",   "Touré",  "Diarra",  "Smith",   "Jones",   "Brown",   "Taylor",  "Cash",   "Drake",  "Cave",   "Waits",
    "Rice",   "Simone", "Club",    "Fire",    "Attack",  "Kids",    "Party",   "Scene",  "Boys",   "Girls",  "Heads",
    "Lights", "Stars",  "Knives",  "Waves",   "Sons",    "Foxes",   "Deer",    "Bears",  "Atlas",  "Beacon", "Canyon",
    "Delta",  "Fable",  "Glacier", "Horizon", "Igloo",   "Jigsaw",  "Karma",   "Legend", "Marble", "Nomad",  "Opera",
    "Prism",  "Quartz", "Relic",   "Saffron", "Tundra",  "Vertigo", "Whisper", "Xenon",  "Zenith", "Apollo", "Bazaar",
    "Sea",    "Sun",    "Sky",     "Road",    "Door",    "Stone",   "Home",    "Song",   "Day",    "Year",   "Love",
    "Fall",   "Rise",   "Eyes",    "Hands",   "Gold",    "Snow",    "Dust",    "Salt",   "Rose",   "Pine",   "Oak",
    "Elm"};

constexpr std::array<std::string_view, 32> kThird = {
    "Me",     "You",   "Us",       "Her",   "Him",   "Now",    "Then",    "Here",  "There",   "Again",  "Away",
    "Down",   "Up",    "Home",     "Alone", "Below", "Above",  "Tonight", "Today", "Forever", "Inside", "Outside",
    "Before", "After", "Tomorrow", "Maybe", "Never", "Always", "Once",    "Twice", "Slowly",  "Later"};

constexpr std::array<std::string_view, 14> kArtistForms = {
    "{1} {2}",     "The {1} {2}", "{2} {1}",    "{1} & {2}", "DJ {1} {2}", "{1}, {2}",   "{1}{2}",
    "The {2} {1}", "{2}, {1}",    "MC {2} {1}", "{1}-{2}",   "{1}/{2}",    "{2} In {1}", "{1}.{2}"};

constexpr std::array<std::string_view, 20> kTitleForms = {
    "{2} {3}",        "{1} {2}",         "{1} {2} {3}",     "{2} Of {1} {3}", "My {2} {3}",
    "{1} {2} (Live)", "{2} {1} {3}",     "The {2} {3}",     "{1} {2}, {3}",   "No {2} {3}",
    "{3} {2}",        "{1} {2} (Remix)", "{1} & {2} {3}",   "To {2} {3}",     "{2}, {1} {3}",
    "{2} {3} Pt. 2",  "{1}'s {2} {3}",   "{2} [Feat. {1}]", "{3}, {2} {1}",   "{2} {3} {1}"};

static_assert(kFirst.size() * kSecond.size() * kArtistForms.size() > kArtists);

// The index-th of all combinations of kWords words and a form, in an order that the seed shuffles: different indices,
// different combinations.
template <size_t kWords, size_t kForms>
void append_name(const std::array<std::string_view, kForms>& forms, uint64_t index, uint64_t seed, std::string& to) {
  constexpr uint64_t kAll = kForms * kFirst.size() * kSecond.size() * (kWords == 3 ? kThird.size() : 1);
  constexpr uint64_t kStep = 7'368'787;  // a prime, so it has no factor in common with kAll
  static_assert(kAll % kStep != 0 && kAll < UINT32_MAX);
  uint64_t at = (index * kStep + seed % kAll) % kAll;
  std::string_view form = forms[at % kForms];
  at /= kForms;
  const std::array<std::string_view, 3> words = {kFirst[at % kFirst.size()],
                                                 kSecond[at / kFirst.size() % kSecond.size()],
                                                 kThird[at / kFirst.size() / kSecond.size()]};
  while (!form.empty()) {
    size_t brace = std::min(form.find('{'), form.size());
    to.append(form.substr(0, brace));
    if (brace == form.size()) return;
    to.append(words[static_cast<size_t>(form[brace + 1] - '1')]);
    form.remove_prefix(brace + 3);
  }
}

// The text form of a UUID of version 4.
void append_uuid(uint64_t high, uint64_t low, std::string& to) {
  constexpr char kDigits[] = "0123456789abcdef";
  high = (high & ~uint64_t{0xF000}) | 0x4000;
  low = (low & ~(uint64_t{3} << 62)) | uint64_t{1} << 63;
  char text[36];
  size_t at = 0;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text[at++] = '-';
    uint64_t word = i < 16 ? high : low;
    text[at++] = kDigits[word >> (60 - 4 * (i % 16)) & 15];
  }
  to.append(text, sizeof text);
}

double share(uint64_t hash) { return static_cast<double>(hash >> 11) * 0x1p-53; }

// A rank below n, where rank r has the weight 1 / (r + shift): the inverse of the continuous law.
uint32_t draw_rank(double n, double shift, Random& random) {
  double rank = shift * power_of_two(random.unit() * log_of_two((n + shift) / shift)) - shift;
  return static_cast<uint32_t>(std::min(rank, n - 1));
}

}  // namespace

uint32_t LastfmCatalog::draw_artist(Random& random) const { return draw_rank(kArtists, kArtistShift, random); }

uint32_t LastfmCatalog::draw_song(uint32_t artist, Random& random) const {
  return draw_rank(songs_of(artist), kSongShift, random);
}

uint32_t LastfmCatalog::songs_of(uint32_t artist) const {
  double rank = artist;
  double usual = kSongsOfFirst * power_of_two(-kSongsExponent * log_of_two((rank + kArtistShift) / kArtistShift));
  double size = 0.4 + 1.2 * share(hash_combine(seed_ + kSize, artist));  // around the usual
  return static_cast<uint32_t>(std::max(usual * size, kFewestSongs));
}

void LastfmCatalog::append_fields(Song song, std::string& to) const {
  uint64_t artist = hash_combine(seed_ + kArtistId, song.artist);
  bool has_id = share(hash_word(artist)) >= kArtistsWithoutId;
  if (has_id) append_uuid(artist, hash_word(artist ^ kArtistId), to);
  to += '\t';
  append_name<2>(kArtistForms, song.artist, hash_word(seed_ + kArtistName), to);
  to += '\t';
  uint64_t track = hash_combine(artist + kTrackId, song.number);
  if (has_id && share(hash_word(track)) >= kSongsWithoutId) append_uuid(track, hash_word(track ^ kTrackId), to);
  to += '\t';
  append_name<3>(kTitleForms, song.number, hash_combine(seed_ + kTitle, song.artist), to);
}

}  // namespace segue::generate
