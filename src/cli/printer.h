// What a command prints: results on stdout, everything else on stderr.
#pragma once

#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "cli/terminal/look.h"

namespace segue::cli {

// Whoever read stdout has enough (`segue sql … | head`): the command ends, quietly and well.
class OutputClosed : public std::exception {};

// Used from one thread.
class Printer {
 public:
  // json: results and errors are JSON. quiet: no messages, only results and errors.
  Printer(bool json, bool quiet, bool allow_color);

  const Look& out() const { return out_; }
  const Look& err() const { return err_; }
  bool json() const { return json_; }
  bool quiet() const { return quiet_; }

  // Throws OutputClosed, or Failure(kIo) when stdout takes no more (a full disk).
  void result(std::string_view text);
  // The value over several lines with a line end.
  void result_json(const nlohmann::ordered_json& value);
  void message(std::string_view text);
  // What belongs to errors() just told: on stderr like these, quiet or not.
  void details(std::string_view text);
  // Rendered for a person; with json as {"errors": […]} on stdout, so that one place has every outcome.
  void errors(std::span<const Error> errors);
  void warning(const Error& error);
  // The SQL that errors in <sql> are about, so that they show its line.
  void set_sql(std::string sql) { sql_ = std::move(sql); }

 private:
  bool json_;
  bool quiet_;
  Look out_;
  Look err_;
  std::string sql_;
};

}  // namespace segue::cli
