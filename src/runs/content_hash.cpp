#include "runs/content_hash.h"

#include <cerrno>
#include <cstdint>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "storage/system_error.h"

namespace segue::runs {
namespace {

std::string digits(XXH128_hash_t hash) { return fmt::format("{:016x}{:016x}", hash.high64, hash.low64); }

class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

std::string content_hash(std::string_view content) { return digits(XXH3_128bits(content.data(), content.size())); }

std::string content_hash_of_file(const std::string& path, const Cancellation& cancellation) {
  constexpr size_t kPiece = size_t{1} << 20;
  OpenFile file(path);
  if (file.descriptor() < 0) storage::fail_io("read", path, errno);
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), &XXH3_freeState);
  XXH3_128bits_reset(state.get());
  auto piece = std::make_unique_for_overwrite<char[]>(kPiece);
  for (;;) {
    cancellation.check();
    ssize_t got = read(file.descriptor(), piece.get(), kPiece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) storage::fail_io("read", path, errno);
    if (got == 0) break;
    XXH3_128bits_update(state.get(), piece.get(), static_cast<size_t>(got));
  }
  return digits(XXH3_128bits_digest(state.get()));
}

}  // namespace segue::runs
