// The listeners: how much each plays, how often something new, and from when to when.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace segue::generate {

struct LastfmUser {
  std::string id;  // user_000001
  uint64_t plays = 0;
  double novelty = 0;  // the share of plays that are the user's first of a song
  int64_t first = 0;   // seconds since 1970: the plays lie between
  int64_t last = 0;
  std::string profile;  // the line of the profiles file, without its end
};

// `plays` add up to rows; their distribution is log-normal. REQUIRES: 1 <= users <= rows.
std::vector<LastfmUser> make_lastfm_users(uint64_t rows, uint64_t users, uint64_t seed);

}  // namespace segue::generate
