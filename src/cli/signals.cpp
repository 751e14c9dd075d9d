#include "cli/signals.h"

#include <atomic>
#include <csignal>
#include <initializer_list>

#include <unistd.h>

namespace segue::cli {
namespace {

// Lives as long as the process: a signal may come until its very end.
Cancellation cancellation;

// Of the statement that is under way at a prompt; null elsewhere.
std::atomic<Cancellation*> statement{nullptr};

void stop(int signal) {
  if (Cancellation* of_statement = statement.load(); of_statement != nullptr) {
    of_statement->request();
    if (signal == SIGINT) return;
  }
  if (cancellation.requested()) {
    std::signal(signal, SIG_DFL);
    raise(signal);
    return;
  }
  cancellation.request();
}

void handle(std::initializer_list<int> signals) {
  struct sigaction action {};
  action.sa_handler = stop;
  action.sa_flags = SA_RESTART | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (int signal : signals) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    // What the parent ignores stays ignored (nohup).
    if (before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
}

}  // namespace

const Cancellation& watch_signals() {
  handle({SIGINT, SIGTERM, SIGHUP});
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  return cancellation;
}

StatementCancellation::StatementCancellation() { statement = &cancellation_; }
StatementCancellation::~StatementCancellation() { statement = nullptr; }

DefaultSignals::DefaultSignals() {
  for (int signal : {SIGTERM, SIGHUP}) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) std::signal(signal, SIG_DFL);
  }
}
DefaultSignals::~DefaultSignals() { handle({SIGTERM, SIGHUP}); }

}  // namespace segue::cli
