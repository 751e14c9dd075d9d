// Counts, bytes, times and rates as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace segue::cli {

// 19,150,868
std::string count_text(uint64_t count);

// "1 row", "3 rows": count and noun, with an s unless it is one.
std::string count_text(uint64_t count, const char* noun);

// Decimal units with three digits: 512 B, 1.24 kB, 340 MB, 2.41 GB.
std::string bytes_text(uint64_t bytes);

// 340 MB/s; "" without a time to divide by.
std::string rate_text(uint64_t bytes, double seconds);

// 4 ms, 340 ms, 1.2 s, 48 s, 3 min 5 s, 2 h 10 min, 3 d 4 h.
std::string duration_text(double seconds);

// How long ago: just now, 5 minutes ago, 3 hours ago, 2 days ago, …; a time to come is "just now".
std::string age_text(double seconds);

// 63 %; 100 % only when all is done.
std::string percent_text(uint64_t part, uint64_t whole);

// A number with thousands separators, and at most `digits` after the point: 1,203.25
std::string number_text(double value, int digits = 2);

// Microseconds since 1970 UTC as "2026-11-21 12:04:38", UTC.
std::string time_text(int64_t micros);

}  // namespace segue::cli
