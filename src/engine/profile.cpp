#include "engine/profile.h"

namespace segue::engine {

using Clock = std::chrono::steady_clock;

Meter::Slot*& Meter::current() {
  thread_local Slot* slot = nullptr;
  return slot;
}

Clock::time_point& Meter::since() {
  thread_local Clock::time_point time;
  return time;
}

Meter::Scope::Scope(Meter& meter, size_t worker) : outer_(current()) {
  Clock::time_point now = Clock::now();
  if (current() != nullptr) current()->time += now - since();
  current() = &meter.slots_[worker];
  since() = now;
}

Meter::Scope::~Scope() {
  Clock::time_point now = Clock::now();
  current()->time += now - since();
  current() = static_cast<Slot*>(outer_);
  since() = now;
}

void Meter::add_to(OperatorProfile& profile) const {
  profile.seconds += seconds_;
  for (const Slot& slot : slots_) {
    profile.rows_in += slot.rows_in;
    profile.rows_out += slot.rows_out;
    profile.seconds += std::chrono::duration<double>(slot.time).count();
  }
}

void MeteredConsumer::consume(size_t worker, Batch batch) {
  Meter::Scope scope(meter_, worker);
  meter_.came(worker, batch.rows);
  if (from_ != nullptr) from_->went(worker, batch.rows);
  inner_.consume(worker, std::move(batch));
}

void MeteredConsumer::end_task(size_t worker, uint64_t sequence) {
  Meter::Scope scope(meter_, worker);
  inner_.end_task(worker, sequence);
}

}  // namespace segue::engine
