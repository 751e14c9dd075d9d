#include "storage/s3_store.h"

#include <arrow/io/interfaces.h>

#include "base/limits.h"
#include "storage/at_once.h"

namespace segue::storage {
namespace {

class S3PendingFile : public PendingFile {
 public:
  S3PendingFile(std::shared_ptr<const S3Client> client, std::string key, FileContent file,
                const Cancellation* cancellation)
      : client_(std::move(client)), key_(std::move(key)), file_(std::move(file)), cancellation_(cancellation) {}

  const std::string& path() const override { return file_.path; }
  bool commit() override { return client_->put_if_absent(key_, file_.content, cancellation_); }

 private:
  std::shared_ptr<const S3Client> client_;
  std::string key_;
  FileContent file_;
  const Cancellation* cancellation_;
};

class S3Store : public Store {
 public:
  S3Store(std::shared_ptr<const S3Client> client, std::string prefix, const Cancellation* cancellation)
      : client_(std::move(client)), prefix_(std::move(prefix)), cancellation_(cancellation) {
    while (prefix_.ends_with('/')) prefix_.pop_back();
    root_ = client_->address(prefix_);
    while (root_.ends_with('/')) root_.pop_back();
  }

  const std::string& root() const override { return root_; }
  size_t calls_at_once() const override { return limits::kRequestsAtOnce; }

  std::vector<Listed> list(const std::string& folder) const override {
    return client_->list(below(folder), "", false, cancellation_);
  }
  std::vector<Listed> list_all(const std::string& folder) const override {
    return client_->list(below(folder), "", true, cancellation_);
  }
  std::optional<std::string> read(const std::string& path) const override {
    return client_->get(key(path), cancellation_);
  }

  std::vector<std::optional<std::string>> read_all(const std::vector<std::string>& paths) const override {
    std::vector<std::optional<std::string>> contents(paths.size());
    each_at_once(paths.size(), limits::kRequestsAtOnce, [&](size_t i) { contents[i] = read(paths[i]); });
    return contents;
  }

  std::vector<std::unique_ptr<PendingFile>> prepare(const std::vector<FileContent>& files) override {
    std::vector<std::unique_ptr<PendingFile>> pending;
    for (const FileContent& file : files)
      pending.push_back(std::make_unique<S3PendingFile>(client_, key(file.path), file, cancellation_));
    return pending;
  }
  void put(const std::string& path, const std::string& content) override {
    client_->put(key(path), content, cancellation_);
  }
  std::shared_ptr<arrow::io::OutputStream> create(const std::string& path) override {
    return open_s3_upload(client_, key(path), cancellation_);
  }
  void sync(const std::vector<std::string>&) override {}  // S3 answers when it is done
  void remove(const std::string& path) override { client_->remove(key(path), cancellation_); }

  std::unique_ptr<Lock> try_lock(const std::string& path, const std::string& owner) override {
    return try_s3_lock(client_, key(path), owner, cancellation_);
  }
  std::string lock_owner(const std::string& path) const override {
    return s3_lock_owner(*client_, key(path), cancellation_);
  }

  void create_outside(const std::string& path, const std::function<void(const WritePiece&)>& write) override {
    outside_->create_outside(path, write);
  }
  void rename_outside(const std::string& from, const std::string& to) override { outside_->rename_outside(from, to); }
  void remove_outside(const std::string& path) override { outside_->remove_outside(path); }

 private:
  std::string key(const std::string& path) const {
    if (prefix_.empty() || path.empty()) return prefix_ + path;
    return prefix_ + "/" + path;
  }
  // The keys of a folder's files begin so.
  std::string below(const std::string& folder) const {
    std::string begin = key(folder);
    return begin.empty() ? begin : begin + "/";
  }

  std::shared_ptr<const S3Client> client_;
  std::string prefix_;
  std::string root_;
  const Cancellation* cancellation_;
  std::shared_ptr<Store> outside_ = open_local("/");  // exports are files of this machine
};

}  // namespace

std::shared_ptr<Store> open_s3(std::shared_ptr<const S3Client> client, std::string prefix,
                               const Cancellation* cancellation) {
  return std::make_shared<S3Store>(std::move(client), std::move(prefix), cancellation);
}

}  // namespace segue::storage
