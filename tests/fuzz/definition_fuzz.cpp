// A project of one pipeline: segue.yaml, a line "=", pipeline.yaml. Without that line all is pipeline.yaml.
#include "definition/cases.h"
#include "fuzz/fuzz.h"

void segue::fuzz::run(std::string_view input) {
  static const definition::ProjectFolder folder;
  size_t end = input.find("\n=\n");
  bool two = end != std::string_view::npos;
  definition::load_whatever(folder, std::string(two ? input.substr(0, end) : ""),
                            std::string(two ? input.substr(end + 3) : input));
}
