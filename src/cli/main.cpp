#include <fmt/core.h>

#include "version.h"

int main() {
  fmt::print("segue {}\n", segue::kVersion);
  return 0;
}
