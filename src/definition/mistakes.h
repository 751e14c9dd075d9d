// The mistakes found so far, and how their messages are put in order.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace segue::definition {

class Mistakes {
 public:
  void add(std::string message, Place place, std::string hint = {}) {
    add(ErrorCode::kDefinition, std::move(message), std::move(place), std::move(hint));
  }
  void add(ErrorCode code, std::string message, Place place, std::string hint) {
    Error& error = errors_.emplace_back();
    error.code = code;
    error.message = std::move(message);
    error.place = std::move(place);
    error.hint = std::move(hint);
  }
  std::vector<Error>& errors() { return errors_; }
  size_t size() const { return errors_.size(); }

  // Throws Failure with all of them, in order (in_order), if there is one.
  void throw_if_any(const std::string& main_file);

 private:
  std::vector<Error> errors_;
};

// Those without a place first, then by file (main_file before others), line, column.
std::vector<Error> in_order(std::vector<Error> errors, const std::string& main_file);

}  // namespace segue::definition
