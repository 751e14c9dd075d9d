#include "runs/content_hash.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace segue::runs {
namespace {

std::string digits(XXH128_hash_t hash) { return fmt::format("{:016x}{:016x}", hash.high64, hash.low64); }

}  // namespace

std::string content_hash(std::string_view content) { return digits(XXH3_128bits(content.data(), content.size())); }

std::string content_hash_of_file(const formats::InputFile& file, const Cancellation& cancellation) {
  constexpr uint64_t kPiece = uint64_t{1} << 20;
  formats::FileHandle handle;
  handle.open_whole(file);
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), &XXH3_freeState);
  XXH3_128bits_reset(state.get());
  auto piece = std::make_unique_for_overwrite<char[]>(kPiece);
  for (uint64_t at = 0; at < file.size; at += kPiece) {
    cancellation.check();
    auto bytes = static_cast<size_t>(std::min(kPiece, file.size - at));
    handle.read(at, bytes, piece.get());
    XXH3_128bits_update(state.get(), piece.get(), bytes);
  }
  return digits(XXH3_128bits_digest(state.get()));
}

}  // namespace segue::runs
