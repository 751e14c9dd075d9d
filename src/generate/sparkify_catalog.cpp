#include "generate/sparkify_catalog.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/hash.h"

namespace segue::generate {
namespace {

constexpr uint64_t kSongsOfArtist = 5;

constexpr std::array<std::string_view, 40> kFirstNames = {
    "Walter", "Kaylee", "Cecilia",  "Everett",  "Theodore", "Sylvie",  "Jayden",   "Stefany", "Elijah", "Jacqueline",
    "Tegan",  "Chloe",  "Kate",     "Lily",     "Aleena",   "Layla",   "Mohammad", "Rylan",   "Jacob",  "Ava",
    "Sara",   "Wyatt",  "Isabella", "Anabelle", "Jordan",   "Ryan",    "Samuel",   "Avery",   "Joseph", "Mia",
    "Noah",   "Emily",  "Martin",   "Hayden",   "Aiden",    "Bronson", "Connar",   "Devin",   "Ivy",    "Zoe"};
constexpr std::array<std::string_view, 40> kLastNames = {
    "Frye",   "Summers", "Owens", "Cruz",     "Parker",  "Fox",      "White",  "Davis",  "Lynch",   "Levine",
    "Cuevas", "Harrell", "Koch",  "Kirby",    "Griffin", "Robinson", "George", "Klein",  "Johnson", "Scott",
    "Jones",  "Simpson", "Hicks", "Martinez", "Smith",   "Gomez",    "Larson", "Martin", "Ali",     "Rivera",
    "Graves", "Thomas",  "Roth",  "Taylor",   "Barrera", "Harris",   "Moreno", "Burns",  "Velez",   "Weber"};
constexpr std::array<std::string_view, 24> kPlaces = {"San Francisco-Oakland-Hayward, CA",
                                                      "Portland-South Portland, ME",
                                                      "Lansing-East Lansing, MI",
                                                      "Chicago-Naperville-Elgin, IL-IN-WI",
                                                      "Atlanta-Sandy Springs-Roswell, GA",
                                                      "Waterloo-Cedar Falls, IA",
                                                      "New Orleans-Metairie, LA",
                                                      "Lubbock, TX",
                                                      "Phoenix-Mesa-Scottsdale, AZ",
                                                      "New York-Newark-Jersey City, NY-NJ-PA",
                                                      "Tampa-St. Petersburg-Clearwater, FL",
                                                      "Houston-The Woodlands-Sugar Land, TX",
                                                      "Lake Havasu City-Kingman, AZ",
                                                      "Red Bluff, CA",
                                                      "San Jose-Sunnyvale-Santa Clara, CA",
                                                      "Janesville-Beloit, WI",
                                                      "Detroit-Warren-Dearborn, MI",
                                                      "Birmingham-Hoover, AL",
                                                      "Yuba City, CA",
                                                      "Eugene, OR",
                                                      "Nashville-Davidson--Murfreesboro--Franklin, TN",
                                                      "Marinette, WI-MI",
                                                      "Salinas, CA",
                                                      "Dallas-Fort Worth-Arlington, TX"};
constexpr std::array<std::string_view, 10> kAgents = {
    R"J("Mozilla\/5.0 (Macintosh; Intel Mac OS X 10_9_4) AppleWebKit\/537.36 (KHTML, like Gecko) Chrome\/36.0.1985.143 Safari\/537.36")J",
    R"J("Mozilla\/5.0 (Macintosh; Intel Mac OS X 10_9_4) AppleWebKit\/537.78.2 (KHTML, like Gecko) Version\/7.0.6 Safari\/537.78.2")J",
    R"J("Mozilla\/5.0 (Windows NT 5.1; rv:31.0) Gecko\/20100101 Firefox\/31.0")J",
    R"J("Mozilla\/5.0 (X11; Linux x86_64) AppleWebKit\/537.36 (KHTML, like Gecko) Ubuntu Chromium\/36.0.1985.125 Chrome\/36.0.1985.125 Safari\/537.36")J",
    R"J("Mozilla\/5.0 (X11; Linux x86_64) AppleWebKit\/537.36 (KHTML, like Gecko) Chrome\/37.0.2062.94 Safari\/537.36")J",
    R"J("Mozilla\/5.0 (Macintosh; Intel Mac OS X 10.9; rv:31.0) Gecko\/20100101 Firefox\/31.0")J",
    R"J("Mozilla\/5.0 (Windows NT 6.3; WOW64) AppleWebKit\/537.36 (KHTML, like Gecko) Chrome\/36.0.1985.143 Safari\/537.36")J",
    R"J("Mozilla\/5.0 (iPhone; CPU iPhone OS 7_1_2 like Mac OS X) AppleWebKit\/537.51.2 (KHTML, like Gecko) Version\/7.0 Mobile\/11D257 Safari\/9537.53")J",
    R"J("Mozilla\/5.0 (compatible; MSIE 9.0; Windows NT 6.1; WOW64; Trident\/5.0)")J",
    R"J("Mozilla\/5.0 (Windows NT 6.1; WOW64; Trident\/7.0; rv:11.0) like Gecko")J"};
constexpr std::array<std::string_view, 32> kWords = {
    "Night",  "River",   "City",       "Last",       "Summer",     "Glass", "Winter", "Letter",
    "Garden", "Setanta", "Stranger",   "Moon",       "Caf\\u00e9", "House", "Road",   "Silent",
    "Dream",  "Storm",   "Blue",       "F\\u00fcnf", "Bridge",     "Days",  "Train",  "Love",
    "Ghost",  "King",    "Ni\\u00f1o", "Island",     "Mirror",     "Paper", "Fire",   "24\\/7"};
constexpr std::array<std::string_view, 8> kArtistForms = {"The {} {}", "{} {}",       "{} & {}",         "{} Of {}",
                                                          "DJ {} {}",  "{} + The {}", "{} FEATURING {}", "{}'s {}"};
constexpr std::array<std::string_view, 6> kEndings = {"",       " (Album Version)", " (Live)", " [Feat. Elena]",
                                                      " Pt. 2", " \\\"Remix\\\""};

std::string quoted(std::string_view text) { return fmt::format("\"{}\"", text); }

// Eighteen capitals and digits, as ids of the Million Song Dataset are.
std::string id_of(std::string_view begin, uint64_t hash) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", kDigits = "0123456789ABCDEF";
  std::string id(begin);
  for (size_t i = begin.size(); i < 7; ++i, hash /= kLetters.size()) id += kLetters[hash % kLetters.size()];
  hash = hash_word(hash ^ 77);
  for (int i = 0; i < 11; ++i, hash /= kDigits.size()) id += kDigits[hash % kDigits.size()];
  return id;
}

// Files of songs write `/` as it is.
std::string with_plain_slashes(std::string text) {
  for (size_t at; (at = text.find("\\/")) != std::string::npos;) text.erase(at, 1);
  return text;
}

template <size_t kSize>
std::string_view pick(const std::array<std::string_view, kSize>& words, Random& random) {
  return words[random.below(kSize)];
}

std::string decimal(uint64_t number, uint32_t digits) {
  uint64_t unit = 1;
  for (uint32_t i = 0; i < digits; ++i) unit *= 10;
  std::string text = fmt::format("{}.{:0{}}", number / unit, number % unit, digits);
  while (text.back() == '0' && text[text.size() - 2] != '.') text.pop_back();
  return text;
}

}  // namespace

SparkifyUser sparkify_user(uint64_t number, uint64_t seed) {
  Random random(hash_combine(hash_combine(seed, 1), number));
  SparkifyUser user;
  user.id = quoted(std::to_string(number));
  user.first_name = quoted(pick(kFirstNames, random));
  user.last_name = quoted(pick(kLastNames, random));
  user.gender = random.chance(0.57) ? "\"F\"" : "\"M\"";
  user.location = quoted(pick(kPlaces, random));
  // Milliseconds of October 2018.
  user.registration = fmt::format("{}796.0", 1538352000 + random.below(31 * 86400));
  user.agent = pick(kAgents, random);
  user.paid = random.chance(0.23);
  return user;
}

SparkifySong sparkify_song(uint64_t rank, uint64_t seed) {
  uint64_t artist = rank / kSongsOfArtist;
  Random of_artist(hash_combine(hash_combine(seed, 2), artist));
  Random random(hash_combine(hash_combine(seed, 3), rank));
  SparkifySong song;
  std::string_view form = pick(kArtistForms, of_artist);
  std::string_view first = pick(kWords, of_artist), second = pick(kWords, of_artist);
  song.artist = quoted(fmt::format(fmt::runtime(form), first, second));
  std::string_view word = pick(kWords, random), ending = pick(kEndings, random);
  song.title = quoted(fmt::format("{} {} {}{}", word, pick(kWords, random), rank + 1, ending));
  song.length = decimal(6'000'000 + random.below(36'000'000), 5);
  std::string id = id_of("TRA", hash_combine(seed, rank * 2 + 1));
  song.file = fmt::format("{}/{}/{}/{}.json", id[2], id[3], id[4], id);
  bool known = of_artist.chance(0.44);
  std::string latitude = "null", longitude = "null";
  if (known) {
    latitude = decimal(2'500'000 + of_artist.below(2'400'000), 5);
    longitude = "-" + decimal(7'000'000 + of_artist.below(5'300'000), 5);
  }
  song.file_text = with_plain_slashes(fmt::format(
      R"({{"num_songs": 1, "artist_id": "{}", "artist_latitude": {}, "artist_longitude": {}, "artist_location": {}, "artist_name": {}, "song_id": "{}", "title": {}, "duration": {}, "year": {}}})",
      id_of("AR", hash_combine(seed, artist * 2)), latitude, longitude,
      known ? quoted(pick(kPlaces, of_artist)) : "\"\"", song.artist, id_of("SO", hash_combine(seed, ~rank)),
      song.title, song.length, random.chance(0.5) ? 0 : 1960 + random.below(51)));
  return song;
}

}  // namespace segue::generate
