// Amounts as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace segue {

// Bytes of "4 GiB", "512MiB", "1.5 GB", "800 kB", "64 B": a number and a unit, in any case; kB, MB, GB, TB are powers
// of 1000, KiB, MiB, GiB, TiB (or just K, M, G, T) powers of 1024. Nothing if it is none, or needs more than 63 bits.
std::optional<uint64_t> parse_bytes(std::string_view text);

// "4.0 GiB", "512 B": for messages; one digit after the point, powers of 1024.
std::string format_bytes(uint64_t bytes);

// "1,234" of the digits "1234".
std::string group_digits(std::string digits);

}  // namespace segue
