#include "cli/signals.h"

#include <csignal>

#include <unistd.h>

namespace segue::cli {
namespace {

// Lives as long as the process: a signal may come until its very end.
Cancellation cancellation;

void stop(int signal) {
  if (cancellation.requested()) {
    std::signal(signal, SIG_DFL);
    raise(signal);
    return;
  }
  cancellation.request();
}

}  // namespace

const Cancellation& watch_signals() {
  struct sigaction action {};
  action.sa_handler = stop;
  action.sa_flags = SA_RESTART | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    // What the parent ignores stays ignored (nohup).
    if (before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  return cancellation;
}

}  // namespace segue::cli
