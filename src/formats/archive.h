// The members of an archive, one text behind the other, read by libarchive: tar, tar within gzip, zip. Nothing is ever
// written under a member's name.
//
// All of it is read from its begin to its end once, whichever members are wanted: so damage anywhere in a compressed
// archive is found. Of one that is not compressed, other members are passed over.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "formats/byte_source.h"

struct archive;
struct archive_entry;

namespace segue::formats {

class ArchiveBytes final : public ByteSource {
 public:
  // `file` outlives this. REQUIRES: file.archive()
  explicit ArchiveBytes(const InputFile& file);
  ~ArchiveBytes() override;
  ArchiveBytes(const ArchiveBytes&) = delete;
  ArchiveBytes& operator=(const ArchiveBytes&) = delete;

  // Throws Failure located at the archive, or at the member: kData if it is damaged, encrypted, an archive itself or
  // compressed itself, or if no member matches; kLimit if it unpacks to more than limits.h allows.
  size_t read(char* to, size_t most, uint64_t until) override;
  bool next_text() override { return std::exchange(text_ended_, false); }
  bool skip_text() override;
  const std::shared_ptr<const std::string>& member() const override { return member_; }
  uint64_t consumed() const override;

 private:
  enum class State : uint8_t { kClosed, kBetween, kWanted, kOther, kEnd };

  void open();
  void next_member();
  void begin_member(archive_entry* entry);
  void pass_over(uint64_t until);
  void end();
  size_t read_data(char* to, size_t most);
  [[noreturn]] void fail_damaged(std::string what = {});
  [[noreturn]] void fail_member(std::string message, std::string hint) const;

  // libarchive's way to the bytes: what they throw is kept, since it must not pass through C.
  static ssize_t give_bytes(archive* handle, void* self, const void** bytes);
  static int64_t seek(archive* handle, void* self, int64_t offset, int whence);
  size_t fill();

  const InputFile& file_;
  FileHandle handle_;                // of a file that is not compressed
  std::unique_ptr<GzipBytes> gzip_;  // of one that is
  std::vector<char> input_;          // what was given last
  uint64_t at_ = 0;                  // in the file, or in what gzip unpacked
  uint64_t given_ = 0;               // bytes to libarchive in all
  std::string tail_;                 // the last block of a tar archive so far
  std::exception_ptr thrown_;
  struct Free {
    void operator()(archive* handle) const;
  };
  std::unique_ptr<archive, Free> archive_;
  State state_ = State::kClosed;
  bool text_ended_ = false;
  std::shared_ptr<const std::string> member_;
  std::unordered_set<std::string> names_;  // of members that are wanted
  std::string other_name_;                 // of a member that is not, for messages
  size_t members_ = 0;
  std::string head_;      // of the member
  size_t head_read_ = 0;  // of it, handed out
  Expansion expansion_;
};

}  // namespace segue::formats
