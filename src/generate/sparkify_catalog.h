// Who listens, and to what: the names in Sparkify's files. All texts are JSON already, in quotes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "generate/random.h"

namespace segue::generate {

struct SparkifyUser {
  std::string id, first_name, gender, last_name, location, registration, agent;
  bool paid = false;
};

struct SparkifySong {
  std::string title, artist;    // as logs write them: with `/` escaped
  std::string length;           // seconds with up to five digits behind the point; no text
  std::string file, file_text;  // TRABC….json, and what stands in it
};

SparkifyUser sparkify_user(uint64_t number, uint64_t seed);

// The song of that rank of popularity. Different ranks, different songs.
SparkifySong sparkify_song(uint64_t rank, uint64_t seed);

}  // namespace segue::generate
