// `$name` and `${NAME}` in YAML scalars.
//
// They are filled after YAML is parsed, so whatever a value holds, it cannot change the file's structure.
//   $name      the parameter's value, as it was written (a path: made absolute)
//   ${NAME}    the environment's
//   $$         a dollar sign
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "definition/located_text.h"
#include "definition/mistakes.h"

namespace segue::definition {

// A scalar with its variables filled.
struct Filled {
  std::string text;
  Spot place;
  bool known =
      true;  // else it depends on a value that is missing, which is allowed or was complained about: do not look at it
};

class Variables {
 public:
  // without_values: see LoadOptions. With `params_allowed` false, `$name` is a mistake that says so (segue.yaml,
  // defaults of parameters).
  Variables(bool without_values, bool params_allowed)
      : without_values_(without_values), params_allowed_(params_allowed) {}

  void set(std::string name, std::string text) { params_[std::move(name)] = {std::move(text), true}; }
  // A parameter whose value is missing or wrong, which was complained about if it is a mistake.
  void set_unknown(std::string name) { params_[std::move(name)] = {{}, false}; }

  Filled fill(const LocatedText& text, const Spot& place, Mistakes& mistakes) const;

 private:
  struct Param {
    std::string text;
    bool known = false;
  };
  std::map<std::string, Param, std::less<>> params_;
  bool without_values_;
  bool params_allowed_;
};

}  // namespace segue::definition
