// A stream into a new object of S3. A small one is put when it is closed; of a larger one, parts are uploaded while it
// is written, several at a time.
#include <deque>
#include <future>
#include <mutex>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include "base/error.h"
#include "base/limits.h"
#include "storage/arrow_status.h"
#include "storage/s3_store.h"

namespace segue::storage {
namespace {

class S3Upload : public arrow::io::OutputStream {
 public:
  S3Upload(std::shared_ptr<const S3Client> client, std::string key, const Cancellation* cancellation)
      : client_(std::move(client)), key_(std::move(key)), cancellation_(cancellation) {}

  ~S3Upload() override {
    if (!closed_) abandon();
  }

  arrow::Status Close() override {
    if (closed_) return arrow::Status::OK();
    try {
      if (upload_.empty()) {
        client_->put(key_, text_, cancellation_);
      } else {
        if (!text_.empty()) begin_part();
        while (!under_way_.empty()) end_part();
        client_->complete_upload(key_, upload_, parts_, cancellation_);
      }
      closed_ = true;
      return arrow::Status::OK();
    } catch (const Failure& failure) {
      abandon();
      return carried(failure);
    }
  }
  arrow::Status Abort() override {
    if (!closed_) abandon();
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return written_; }

  arrow::Status Write(const void* data, int64_t bytes) override {
    if (closed_) return arrow::Status::Invalid("the file is closed");
    const char* at = static_cast<const char*>(data);
    try {
      for (auto left = static_cast<size_t>(bytes); left != 0;) {
        size_t step = std::min(left, limits::kUploadPartBytes - text_.size());
        text_.append(at, step);
        at += step;
        left -= step;
        if (text_.size() == limits::kUploadPartBytes) begin_part();
      }
    } catch (const Failure& failure) {
      abandon();
      return carried(failure);
    }
    written_ += bytes;
    return arrow::Status::OK();
  }
  using OutputStream::Write;

 private:
  void begin_part() {
    if (upload_.empty()) upload_ = client_->begin_upload(key_, cancellation_);
    if (under_way_.size() == limits::kUploadsAtOnce) end_part();
    size_t number = parts_.size() + under_way_.size() + 1;
    under_way_.push_back(std::async(std::launch::async, [this, number, text = std::move(text_)] {
      return client_->upload_part(key_, upload_, number, text, cancellation_);
    }));
    text_.clear();
  }
  // Waits for the first of those that are under way.
  void end_part() {
    std::future<std::string> part = std::move(under_way_.front());
    under_way_.pop_front();
    parts_.push_back(part.get());
  }

  // Nothing is to be seen of it; what S3 keeps of its parts costs until it is aborted.
  void abandon() noexcept {
    closed_ = true;
    for (std::future<std::string>& part : under_way_) part.wait();
    under_way_.clear();
    if (upload_.empty()) return;
    try {
      client_->abort_upload(key_, upload_, cancellation_);
    } catch (const std::exception&) {
      // The bucket's rule for uploads that were never completed removes it.
    }
  }

  std::shared_ptr<const S3Client> client_;
  std::string key_;
  const Cancellation* cancellation_;
  std::string text_;    // of the next part
  std::string upload_;  // its id; empty as long as there are no parts
  std::vector<std::string> parts_;
  std::deque<std::future<std::string>> under_way_;
  int64_t written_ = 0;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<arrow::io::OutputStream> open_s3_upload(std::shared_ptr<const S3Client> client, std::string key,
                                                        const Cancellation* cancellation) {
  return std::make_shared<S3Upload>(std::move(client), std::move(key), cancellation);
}

}  // namespace segue::storage
