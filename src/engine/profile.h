// What each operator of an execution did: rows, time, memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/flow.h"

namespace segue::engine {

struct OperatorProfile {
  std::string name;
  std::vector<size_t> inputs;  // the operators that it reads, as places in the profile
  uint64_t rows_in = 0;
  uint64_t rows_out = 0;  // handed on, in all passes over them
  uint64_t bytes = 0;     // of the rows that it kept
  double seconds = 0;     // of all threads together, without what reads it
};
using Profile = std::vector<OperatorProfile>;

// Counts for one operator; a worker counts in a slot of its own.
class Meter {
 public:
  explicit Meter(size_t workers) : slots_(workers) {}

  // While one lives, its thread's time is the meter's, until another one begins.
  class Scope {
   public:
    Scope(Meter& meter, size_t worker);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    void* outer_;
  };

  void came(size_t worker, size_t rows) { slots_[worker].rows_in += rows; }
  void went(size_t worker, size_t rows) { slots_[worker].rows_out += rows; }
  void took(double seconds) { seconds_ += seconds; }
  // Adds all counts.
  void add_to(OperatorProfile& profile) const;

 private:
  struct alignas(64) Slot {
    uint64_t rows_in = 0, rows_out = 0;
    std::chrono::steady_clock::duration time{};
  };
  static Slot*& current();
  static std::chrono::steady_clock::time_point& since();

  std::vector<Slot> slots_;
  double seconds_ = 0;
};

// Hands on to `inner`, and counts what comes to its operator and, if `from` is not null, goes from another.
class MeteredConsumer : public Consumer {
 public:
  MeteredConsumer(Consumer& inner, Meter& meter, Meter* from) : inner_(inner), meter_(meter), from_(from) {}
  void consume(size_t worker, Batch batch) override;
  void end_task(size_t worker, uint64_t sequence) override;

 private:
  Consumer& inner_;
  Meter& meter_;
  Meter* from_;
};

}  // namespace segue::engine
