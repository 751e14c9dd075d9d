// Limits of the crawler, each with its reason; those of all else: limits.h.
#pragma once

#include <cstddef>

namespace segue::limits {

// Read of each file unless all of it is asked for. Some thousand rows tell types; more costs time.
inline constexpr size_t kCrawlBytes = size_t{256} << 10;

// Of a file's begin, what its delimiter and quote are found by.
inline constexpr size_t kCrawlDialectBytes = size_t{64} << 10;
inline constexpr size_t kCrawlDialectRows = 1000;

// Files that are looked at in one crawl: what is known of each stays in memory.
inline constexpr size_t kCrawlFiles = 1'000'000;

// Different keys of the objects of one place in JSON. Whatever has more holds data in its keys.
inline constexpr size_t kCrawlKeys = 2000;

// Lists and objects within each other that become types; what lies deeper is text.
inline constexpr size_t kCrawlNesting = 16;

// Exceptions that are kept of a file, and shown of a source; the others are counted.
inline constexpr size_t kCrawlFileExceptions = 3;
inline constexpr size_t kCrawlExceptions = 20;

}  // namespace segue::limits
