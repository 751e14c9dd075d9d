#include "storage/remote_file.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/limits.h"
#include "storage/s3_client.h"

namespace segue::storage {
namespace {

constexpr size_t kBeginBytes = 512;  // a header of tar

class S3File : public RemoteFile {
 public:
  S3File(std::shared_ptr<const S3Client> client, std::string key, S3Client::Head head, const Cancellation* cancellation)
      : client_(std::move(client)), key_(std::move(key)), head_(std::move(head)), cancellation_(cancellation) {}
  uint64_t bytes() const override { return head_.bytes; }
  const std::string& etag() const override { return head_.etag; }
  const std::string& begin() const override { return head_.begin; }
  void read(uint64_t offset, size_t bytes, char* to) const override {
    client_->get_range(key_, head_.etag, offset, bytes, to, cancellation_);
  }

 private:
  std::shared_ptr<const S3Client> client_;
  std::string key_;
  S3Client::Head head_;
  const Cancellation* cancellation_;
};

}  // namespace

bool is_remote(std::string_view path) { return parse_s3_address(path).has_value(); }

size_t calls_at_once(const std::vector<std::string>& files) {
  return std::ranges::any_of(files, is_remote) ? limits::kRequestsAtOnce : 1;
}

std::shared_ptr<const RemoteFile> open_remote(const std::string& address, const Cancellation* cancellation) {
  S3Address place = parse_s3_address(address).value();
  std::shared_ptr<const S3Client> client = s3_client(place.bucket);
  if (place.key.empty()) return nullptr;
  std::optional<S3Client::Head> head = client->look_at(place.key, kBeginBytes, cancellation);
  if (!head) return nullptr;
  return std::make_shared<S3File>(std::move(client), std::move(place.key), std::move(*head), cancellation);
}

std::vector<Listed> list_remote(const std::string& folder, const std::string& names, bool all,
                                const Cancellation* cancellation) {
  S3Address place = parse_s3_address(folder).value();
  std::string prefix = place.key.empty() ? "" : place.key + "/";
  return s3_client(place.bucket)->list(prefix, names, all, cancellation);
}

void RemoteReader::expect(uint64_t begin, uint64_t end) {
  expected_begin_ = begin;
  expected_end_ = std::min(end, file_->bytes());
}

// What is left is not worth a request of its own if it is little.
size_t RemoteReader::step_from(uint64_t offset) const {
  uint64_t left = expected_end_ - offset;
  bool all = left <= limits::kRemoteReadBytes + limits::kRemoteReadBytes / 4;
  return all ? static_cast<size_t>(left) : limits::kRemoteReadBytes;
}

// The block that begins at `offset`, and begins to read the one behind it.
void RemoteReader::advance(uint64_t offset) {
  if (next_.valid() && next_begin_ == offset) {
    block_ = next_.get();
  } else {
    Block block{offset, std::string(step_from(offset), '\0')};
    file_->read(offset, block.bytes.size(), block.bytes.data());
    block_ = std::move(block);
  }
  if (block_.end() >= expected_end_) return;
  next_begin_ = block_.end();
  next_ = std::async(std::launch::async, [file = file_, begin = next_begin_, bytes = step_from(next_begin_)] {
    Block block{begin, std::string(bytes, '\0')};
    file->read(begin, bytes, block.bytes.data());
    return block;
  });
}

void RemoteReader::read(uint64_t offset, size_t bytes, char* to) {
  while (bytes != 0) {
    if (offset < block_.begin || offset >= block_.end()) {
      if (offset < expected_begin_ || offset >= expected_end_) return file_->read(offset, bytes, to);
      advance(offset);
    }
    size_t count = std::min<size_t>(bytes, block_.end() - offset);
    std::memcpy(to, block_.bytes.data() + (offset - block_.begin), count);
    to += count;
    offset += count;
    bytes -= count;
  }
}

}  // namespace segue::storage
