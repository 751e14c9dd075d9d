// `--param name=value`, as many commands take it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <CLI/App.hpp>

namespace segue::cli {

// An option that may be given many times; one value each, so that what follows is not taken for one more.
CLI::Option* add_list(CLI::App* command, const std::string& name, std::vector<std::string>& values,
                      const std::string& description, const std::string& type_name);

void add_params(CLI::App* command, std::vector<std::string>& params);

// Throws Failure(kUsage) for what is no name=value, and for a name given twice.
std::map<std::string, std::string> parse_params(const std::vector<std::string>& params);

}  // namespace segue::cli
