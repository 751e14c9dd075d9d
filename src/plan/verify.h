// What must hold of every plan.
#pragma once

#include "plan/node.h"

namespace segue::plan {

// Every column that an expression reads is one of its node's inputs, and every node has as many fields as it makes
// columns. Throws Failure(kInternal).
void verify(const NodePtr& root);

}  // namespace segue::plan
