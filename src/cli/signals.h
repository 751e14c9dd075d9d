// Ctrl-C and friends.
#pragma once

#include "base/cancellation.h"

namespace segue::cli {

// SIGINT, SIGTERM and SIGHUP ask for a stop: the first sets the Cancellation that is returned, and what is under way
// ends within a second and leaves nothing half done. A second one ends the process at once. SIGPIPE and SIGXFSZ (a file
// larger than `ulimit -f` allows) are ignored: writes say it. Called once, from main.
const Cancellation& watch_signals();

}  // namespace segue::cli
