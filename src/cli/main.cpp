#include "cli/program.h"
#include "cli/signals.h"

int main(int argc, char** argv) { return segue::cli::run_program(argc, argv, segue::cli::watch_signals()); }
