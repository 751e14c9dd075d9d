// Artists and their songs, as Last.fm-1K has them in shape: a full-size file plays 177 thousand artists and one and a
// half million songs of those that are here. Nothing is stored: each artist and song is worked out from its number and
// the seed.
#pragma once

#include <cstdint>
#include <string>

#include "generate/random.h"

namespace segue::generate {

struct Song {
  uint32_t artist = 0;  // by popularity, from 0
  uint32_t number = 0;  // by popularity among the artist's, from 0
};

class LastfmCatalog {
 public:
  explicit LastfmCatalog(uint64_t seed) : seed_(seed) {}

  // An artist, popular ones far more often: the share of artist a is that of 1 / (a + constant), as Zipf and Mandelbrot
  // have it.
  uint32_t draw_artist(Random& random) const;
  // One of the artist's songs, by the same law.
  uint32_t draw_song(uint32_t artist, Random& random) const;

  uint32_t songs_of(uint32_t artist) const;

  // Appends artist_id, artist, track_id, track with tabs between: the ids are UUIDs, or empty for some artists and many
  // songs. Names of artists and titles of an artist's songs are nearly always different.
  void append_fields(Song song, std::string& to) const;

 private:
  uint64_t seed_;
};

}  // namespace segue::generate
