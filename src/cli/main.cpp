#include "base/memory.h"
#include "cli/program.h"
#include "cli/signals.h"

int main(int argc, char** argv) {
  segue::memory::keep_freed();
  return segue::cli::run_program(argc, argv, segue::cli::watch_signals());
}
