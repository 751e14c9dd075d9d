#include "cli/printer.h"

#include <cerrno>
#include <cstring>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/diagnostic.h"

namespace segue::cli {
namespace {

// False once the stream takes no more; errno says why.
bool put(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

Printer::Printer(bool json, bool quiet, bool allow_color)
    : json_(json),
      quiet_(quiet),
      out_(look_of(STDOUT_FILENO, allow_color)),
      err_(look_of(STDERR_FILENO, allow_color)) {}

void Printer::result(std::string_view text) {
  if (put(STDOUT_FILENO, text)) return;
  if (errno == EPIPE) throw OutputClosed();
  fail(ErrorCode::kIo, std::string("cannot write the result: ") + std::strerror(errno));
}

void Printer::result_json(const nlohmann::ordered_json& value) {
  result(value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void Printer::message(std::string_view text) {
  if (!quiet_) put(STDERR_FILENO, text);
}

void Printer::details(std::string_view text) { put(STDERR_FILENO, text); }

void Printer::errors(std::span<const Error> errors) {
  if (json_) {
    auto list = nlohmann::ordered_json::array();
    for (const Error& error : errors) list.push_back(to_json(error));
    result_json(nlohmann::ordered_json{{"errors", std::move(list)}});
  } else {
    put(STDERR_FILENO, render(errors, RenderOptions{.color = err_.color, .sql = sql_}));
  }
}

void Printer::warning(const Error& error) {
  if (!json_) message(render(error, RenderOptions{.color = err_.color, .warning = true, .sql = sql_}));
}

}  // namespace segue::cli
