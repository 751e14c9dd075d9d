// Strings as codes of one dictionary, whatever they came as.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "columns/column.h"

namespace segue::engine {

// Turns text columns into codes of one target dictionary: that of the first coded column seen, else one of its own.
// Different workers may call encode() at the same time.
class TextCodes {
 public:
  explicit TextCodes(size_t workers) : workers_(workers) {}

  // codes[i] = code of row i, 0 for NULL. REQUIRES: column is VARCHAR or BLOB with at least `rows` rows.
  void encode(size_t worker, const Column& column, size_t rows, uint32_t* codes);

  // The target; made now if no column has been seen.
  std::shared_ptr<Dictionary> dictionary();

 private:
  struct Worker {
    // Codes of another dictionary -> codes of the target; 0 is not known yet.
    std::unordered_map<std::shared_ptr<Dictionary>, std::vector<uint32_t>> translations;
  };
  Dictionary& target(const Column& column);

  std::mutex lock_;
  std::atomic<Dictionary*> ready_{nullptr};
  std::shared_ptr<Dictionary> dictionary_;
  std::vector<Worker> workers_;
};

}  // namespace segue::engine
