#include "runs/process.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <unistd.h>

namespace segue::runs {

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

std::string process_birth(int64_t process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  std::stringstream content;
  content << file.rdbuf();
  std::string stat = content.str();
  // The name, in parentheses, may hold anything; the 20th field after it is the start in ticks since boot (proc(5)).
  size_t after_name = stat.rfind(')');
  if (after_name == std::string::npos) return {};
  std::istringstream fields(stat.substr(after_name + 1));
  std::string field;
  for (int number = 3; number <= 22 && fields >> field; ++number) {
    // A process that ended but was not yet waited for does nothing more.
    if (number == 3 && field == "Z") return {};
  }
  std::ifstream boot_file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  std::getline(boot_file, boot);
  return boot + "/" + field;
}

}  // namespace segue::runs
