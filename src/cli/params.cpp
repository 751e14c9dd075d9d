#include "cli/params.h"

#include <fmt/format.h>

#include "base/error.h"

namespace segue::cli {

CLI::Option* add_list(CLI::App* command, const std::string& name, std::vector<std::string>& values,
                      const std::string& description, const std::string& type_name) {
  return command->add_option(name, values, description)->type_name(type_name)->allow_extra_args(false);
}

void add_params(CLI::App* command, std::vector<std::string>& params) {
  add_list(command, "-p,--param", params, "A parameter of the pipeline; may be given many times", "NAME=VALUE");
}

std::map<std::string, std::string> parse_params(const std::vector<std::string>& params) {
  std::map<std::string, std::string> values;
  for (const std::string& param : params) {
    size_t equals = param.find('=');
    if (equals == std::string::npos || equals == 0)
      fail(ErrorCode::kUsage, fmt::format("`--param {}` is no NAME=VALUE", param),
           "write `--param plays=data/plays.tsv`");
    std::string name = param.substr(0, equals);
    if (!values.emplace(name, param.substr(equals + 1)).second)
      fail(ErrorCode::kUsage, fmt::format("parameter `{}` is given twice", name), "give one value for it");
  }
  return values;
}

}  // namespace segue::cli
