// Where a lake's bytes live: one interface to what a folder tree can do, so that commits read the same on a disk, on S3
// and under faults.
//
// The lake rests on three promises, and on nothing else:
//   1. what prepare() with commit(), put() and put_if_absent() write is seen whole or not at all;
//   2. of all who commit() one path, exactly one succeeds;
//   3. what was synced is in every later list() and read(), also after power was lost.
// Paths are relative to root(), with '/', and never begin with one. All calls are thread-safe and throw Failure(kIo);
// those of a store that was opened with a cancellation throw Failure(kCancelled) when it is requested while they wait
// for a server. What begins after that may still be done, if it is done soon: to clean up.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>

#include "base/cancellation.h"

namespace segue::storage {

struct Listed {
  std::string name;  // the last part of the path
  bool folder = false;
  uint64_t bytes = 0;
  int64_t modified = 0;  // ms since 1970; of files
};

// Held while it lives; it is given back when the process ends, however it ends: at once by the system of one machine;
// on S3, which knows nothing of processes, when it has not been renewed for a while.
class Lock {
 public:
  virtual ~Lock() = default;
  // Throws Failure(kConflict) if another took it, as one may on S3 of a process that does not come to renew it (a
  // machine that sleeps). Called before what others must not do at the same time.
  virtual void check() {}
  // False if whoever held it before may be at work yet, without knowing that it is lost.
  virtual bool others_ended() const { return true; }
};

// A file that is written and durable but not yet under its name. Not committed, it leaves nothing behind.
class PendingFile {
 public:
  virtual ~PendingFile() = default;
  virtual const std::string& path() const = 0;
  // Gives it its name, in one step; that needs no more space on the disk, and is durable after Store::sync. False if
  // the name exists already (and is unchanged). Called once. When it throws, the name may exist or not: who must know
  // reads it.
  virtual bool commit() = 0;
};

// What a file is to be.
struct FileContent {
  std::string path;
  std::string content;
};

// Takes the next piece of a file's content.
using WritePiece = std::function<void(std::string_view piece)>;

class Store {
 public:
  virtual ~Store() = default;
  // As a person would write it: "/data/lake".
  virtual const std::string& root() const = 0;
  // How many calls at the same time are worth a thread each.
  virtual size_t calls_at_once() const { return 1; }
  // The address under which other programs find `path`.
  std::string address(const std::string& path) const { return path.empty() ? root() : root() + "/" + path; }

  // What is directly in `folder`, sorted by name; nothing if there is no such folder.
  virtual std::vector<Listed> list(const std::string& folder) const = 0;
  // Every file below `folder`, at any depth, by its path from there, sorted.
  virtual std::vector<Listed> list_all(const std::string& folder) const;
  // The whole file, or nothing if there is none.
  virtual std::optional<std::string> read(const std::string& path) const = 0;
  // read() of each, at the same time where that is faster.
  virtual std::vector<std::optional<std::string>> read_all(const std::vector<std::string>& paths) const;

  // Makes all ready to create these files later.
  virtual std::vector<std::unique_ptr<PendingFile>> prepare(const std::vector<FileContent>& files) = 0;
  // Creates `path` with this content, durably. False if it exists already (it is then unchanged).
  bool put_if_absent(const std::string& path, const std::string& content);
  // Creates or replaces `path`. Durable only after sync().
  virtual void put(const std::string& path, const std::string& content) = 0;
  // A new file to be written bit by bit; seen by others while it grows. REQUIRES: a name that nobody uses. Durable only
  // after sync().
  virtual std::shared_ptr<arrow::io::OutputStream> create(const std::string& path) = 0;
  // Makes these files, their names and the folders above them survive a loss of power. Many at once are not much slower
  // than one.
  virtual void sync(const std::vector<std::string>& paths) = 0;
  // Removes a file; that there is none is no error.
  virtual void remove(const std::string& path) = 0;

  // The lock of that name, or null while another process (or another Lock here) holds it.
  virtual std::unique_ptr<Lock> try_lock(const std::string& path, const std::string& owner) = 0;
  // The `owner` of who holds it, or held it last; empty if that is not known.
  virtual std::string lock_owner(const std::string& path) const { return read(path).value_or(""); }

  // Files of this machine outside of the lake (exports), by absolute paths, replaced so that readers see the old or the
  // new one: written as temporary_beside() the final file, then renamed. Creates a file durably, with the folders above
  // it, of the pieces that `write` hands on. What `write` throws is thrown, and the file removed. REQUIRES: there is no
  // such file.
  virtual void create_outside(const std::string& path, const std::function<void(const WritePiece&)>& write) = 0;
  // Puts a file in the place of another, durably.
  virtual void rename_outside(const std::string& from, const std::string& to) = 0;
  // Removes a file; that there is none is no error.
  virtual void remove_outside(const std::string& path) = 0;
};

// A folder of this machine, which need not exist: the first write makes it. Or "s3://bucket/prefix", of a bucket that
// exists. `cancellation` (may be null) outlives it.
std::shared_ptr<Store> open_store(const std::string& root, const Cancellation* cancellation = nullptr);
std::shared_ptr<Store> open_local(const std::string& folder);

std::string temporary_beside(const std::string& path, const std::string& tag);  // "<path>.<tag>.tmp"

// Why rename_outside() to `path` would fail, as far as that can be told beforehand: "it is a folder". Nothing if
// nothing speaks against it; that there is no such file, or no folder, does not.
std::optional<std::string> why_not_replaceable(const std::string& path);

// 128 random bits as a UUID (version 4), lower case.
std::string unique_id();

}  // namespace segue::storage
