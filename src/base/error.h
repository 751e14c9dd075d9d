// Errors that carry a place and a hint.
//
// Whatever ends an operation is thrown as a Failure holding one Error; code that can find several mistakes at once
// (definition/, sql/) collects Errors and returns them. Nothing here prints: cli/ renders an Error for a person or as
// JSON.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace segue {

enum class ErrorCode {
  kUsage,       // the command line is wrong                 -> exit code 2
  kDefinition,  // segue.yaml, pipeline.yaml or SQL is wrong -> exit code 2
  kData,        // a source holds what it must not           -> exit code 1
  kCheck,       // a check stopped the publish               -> exit code 3
  kIo,          // a file or a server failed                 -> exit code 1
  kLimit,       // a limit of base/limits.h was reached      -> exit code 1
  kConflict,    // someone else changed the same table       -> exit code 1
  kCancelled,   // the user stopped it                       -> exit code 130
  kInternal,    // a bug of ours                             -> exit code 1
};

// A spot in a text file or a source. Lines and columns count from 1, columns in code points; 0 means unknown.
struct Place {
  std::string file;
  uint64_t line = 0;
  uint64_t column = 0;
  uint64_t length = 0;  // how many code points the caret underlines; 0 is one
  bool known() const { return !file.empty(); }
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // what is wrong, one sentence without a full stop
  Place place;
  std::string hint;  // what to do, or empty

  Error() = default;
  // As constructors, because g++ 12 warns of uninitialized members where an aggregate's initializers may throw.
  Error(ErrorCode error_code, std::string what, Place where = {}, std::string what_to_do = {})
      : code(error_code), message(std::move(what)), place(std::move(where)), hint(std::move(what_to_do)) {}
};

class Failure : public std::exception {
 public:
  explicit Failure(Error error) : Failure(std::vector<Error>{std::move(error)}) {}
  // REQUIRES: errors is not empty.
  explicit Failure(std::vector<Error> errors) : errors_(std::move(errors)) {}
  const Error& error() const { return errors_.front(); }
  const std::vector<Error>& errors() const { return errors_; }
  const char* what() const noexcept override { return errors_.front().message.c_str(); }

 private:
  std::vector<Error> errors_;
};

[[noreturn]] inline void fail(ErrorCode code, std::string message, std::string hint = {}) {
  throw Failure(Error{code, std::move(message), {}, std::move(hint)});
}

// States what must hold whatever the input is; a violation is a bug of ours, kept in release builds.
#define SEGUE_ASSERT(condition)                                                                              \
  do {                                                                                                       \
    if (!(condition)) [[unlikely]]                                                                           \
      ::segue::fail(::segue::ErrorCode::kInternal,                                                           \
                    std::string(__FILE__ ":") + std::to_string(__LINE__) + ": this must hold: " #condition); \
  } while (false)

}  // namespace segue
