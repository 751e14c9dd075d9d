// A lock on S3, which has none: a lease, of calls that all kinds of S3 have (one creates an object if there is none).
//
//   <lock>/00000000000000000007.json   {"owner":"…","process":{…},"free":false,"doubt_until":ms,"id":"…"}
//
// The highest number counts. Whoever finds it free, or not renewed for limits::kLeaseSeconds, or of a process of this
// machine that has ended, creates the next one: of all who try, one succeeds. It renews it by writing it again, frees
// it in the end, and removes those before it. Times are S3's, so that clocks may differ.
//
// A process that did not come to renew its lease may wake up behind who took it over. check() tells it. A request that
// it had signed already may still be done, up to 15 minutes later; so for an hour (`doubt_until`) others_ended() is
// false, for the next holders too, and nothing that it wrote is removed.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <stop_token>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "storage/s3_store.h"

namespace segue::storage {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kDoubtMillis = int64_t{3600} * 1000;

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Since this machine's boot, when the process began; empty if there is no such process.
std::string begin_of(int64_t process) {
  std::string line = first_line(fmt::format("/proc/{}/stat", process).c_str());
  size_t name_end = line.rfind(')');  // the name before may hold blanks
  if (name_end == std::string::npos) return {};
  size_t begin = name_end;
  for (int field = 2; field < 22 && begin != std::string::npos; ++field) begin = line.find(' ', begin + 1);
  return begin == std::string::npos ? std::string() : line.substr(begin + 1, line.find(' ', begin + 1) - begin - 1);
}

// Where numbers of processes mean the same: this boot of this machine, and within it the container.
std::string place_of_processes() {
  struct stat space {};
  uint64_t number = ::stat("/proc/self/ns/pid", &space) == 0 ? space.st_ino : 0;
  return fmt::format("{}/{}", first_line("/proc/sys/kernel/random/boot_id"), number);
}

Json this_process() { return {{"place", place_of_processes()}, {"number", getpid()}, {"begin", begin_of(getpid())}}; }

// A lease as it lies on S3.
struct Lease {
  int64_t number = -1;  // -1: there is none
  int64_t now = 0;      // ms since 1970
  int64_t age = 0;      // ms since it was last renewed
  Json content = Json::object();

  bool free() const { return number < 0 || content.value("free", false); }
  int64_t doubt_until() const { return content.value("doubt_until", int64_t{0}); }
  std::string owner() const { return content.value("owner", ""); }
  // True if the process that holds it has surely ended.
  bool ended() const {
    try {
      const Json& process = content.at("process");
      if (process.at("place") != place_of_processes()) return false;
      return process.at("begin") != begin_of(process.at("number").get<int64_t>());
    } catch (const nlohmann::json::exception&) {
      return false;
    }
  }
};

int64_t number_of(const Listed& lease) { return std::strtoll(lease.name.c_str(), nullptr, 10); }

std::string lease_key(const std::string& folder, int64_t number) {
  return fmt::format("{}/{:020}.json", folder, number);
}

Lease find_lease(const S3Client& client, const std::string& folder, const Cancellation* cancellation) {
  Lease lease;
  for (const Listed& listed : client.list(folder + "/", "", false, cancellation, &lease.now)) {
    if (listed.folder || !listed.name.ends_with(".json")) continue;
    int64_t number = number_of(listed);
    if (number < lease.number) continue;
    lease.number = number;
    lease.age = lease.now - listed.modified;
  }
  if (lease.number < 0) return lease;
  Json content = Json::parse(client.get(lease_key(folder, lease.number), cancellation).value_or(""), nullptr, false);
  if (content.is_object()) lease.content = std::move(content);
  return lease;
}

class S3Lock : public Lock {
 public:
  S3Lock(std::shared_ptr<const S3Client> client, std::string folder, int64_t number, Json content, bool others_ended,
         const Cancellation* cancellation)
      : client_(std::move(client)),
        folder_(std::move(folder)),
        number_(number),
        content_(std::move(content)),
        others_ended_(others_ended),
        cancellation_(cancellation),
        renewing_([this](const std::stop_token& stop) { renew_until(stop); }) {}

  ~S3Lock() override {
    renewing_.request_stop();
    ended_.request();
    renewing_.join();
    try {
      content_["free"] = true;
      if (!lost(&ended_)) write(&ended_);
    } catch (const std::exception&) {
      // Others find it not renewed.
    }
  }

  void check() override {
    if (lost(cancellation_))
      fail(ErrorCode::kConflict,
           fmt::format("{} was taken by another process, as this one had not renewed it for {} s",
                       client_->address(folder_), limits::kLeaseSeconds),
           "nothing was published; run again");
    write(cancellation_);
  }
  bool others_ended() const override { return others_ended_; }

 private:
  bool lost(const Cancellation* cancellation) const {
    std::vector<Listed> leases = client_->list(folder_ + "/", "", false, cancellation);
    return std::ranges::any_of(leases, [&](const Listed& lease) { return number_of(lease) > number_; });
  }
  void write(const Cancellation* cancellation) const {
    client_->put(lease_key(folder_, number_), content_.dump(), cancellation);
  }

  void renew_until(const std::stop_token& stop) {
    std::mutex waiting;
    std::condition_variable_any woken;
    std::unique_lock wait(waiting);
    // Not with the run's cancellation: until the run has ended, the lock is its own.
    while (!woken.wait_for(wait, stop, std::chrono::seconds(limits::kLeaseRenewedSeconds), [] { return false; })) {
      if (stop.stop_requested()) return;
      try {
        write(&ended_);
      } catch (const std::exception&) {
        // Tried again; check() sees what came of it.
      }
    }
  }

  std::shared_ptr<const S3Client> client_;
  const std::string folder_;
  const int64_t number_;
  Json content_;
  const bool others_ended_;
  const Cancellation* const cancellation_;
  Cancellation ended_;
  std::jthread renewing_;
};

// An S3 that takes no notice of If-None-Match would let two publish at once.
void refuse_without_conditions(const S3Client& client, const std::string& key, const Cancellation* cancellation) {
  if (client.put_if_absent(key, "{}", cancellation))
    fail(ErrorCode::kIo,
         fmt::format("the service takes no notice of If-None-Match: it let {} be created twice", client.address(key)),
         "Segue needs an S3 that knows conditional writes, as Amazon's does");
}

}  // namespace

std::unique_ptr<Lock> try_s3_lock(std::shared_ptr<const S3Client> client, std::string key, const std::string& owner,
                                  const Cancellation* cancellation) {
  Lease before = find_lease(*client, key, cancellation);
  bool ended = before.free() || before.ended();
  if (!ended && before.age < int64_t{limits::kLeaseSeconds} * 1000) return nullptr;
  int64_t number = before.number + 1;
  // The id makes it ours alone, see S3Client::put_if_absent().
  int64_t doubt_until = ended ? before.doubt_until() : before.now + kDoubtMillis;
  Json content{{"owner", owner},
               {"process", this_process()},
               {"free", false},
               {"doubt_until", doubt_until},
               {"id", unique_id()}};
  if (!client->put_if_absent(lease_key(key, number), content.dump(), cancellation)) return nullptr;
  refuse_without_conditions(*client, lease_key(key, number), cancellation);
  std::vector<Listed> leases = client->list(key + "/", "", false, cancellation);
  // Others were faster, and had removed this number already.
  if (std::ranges::any_of(leases, [&](const Listed& lease) { return number_of(lease) > number; })) {
    client->remove(lease_key(key, number), cancellation);
    return nullptr;
  }
  for (const Listed& lease : leases)
    if (number_of(lease) < number) client->remove(key + "/" + lease.name, cancellation);
  return std::make_unique<S3Lock>(std::move(client), std::move(key), number, std::move(content),
                                  before.now >= doubt_until, cancellation);
}

std::string s3_lock_owner(const S3Client& client, const std::string& key, const Cancellation* cancellation) {
  return find_lease(client, key, cancellation).owner();
}

}  // namespace segue::storage
