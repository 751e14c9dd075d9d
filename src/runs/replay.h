// Sending what is held back through its pipeline again.
//
// A pipeline's tables are what its sources give; so what is held back goes through again by computing the steps that it
// concerns anew, from the sources as they are now and with the definition as it is now: steps that read, directly or
// not, a source or a step with rows in quarantine. All of their tables and the quarantine are published together, or
// none is. Each row is then either in the tables or in the quarantine, once: nothing can be lost or doubled, however
// often this is done, and whatever was mended (the file, the columns, the SQL, the check).
//
// What would lose rows is refused: a row whose file is not read any more, or that no step asks for any more.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "definition/definition.h"
#include "lake/lake.h"
#include "runs/prepare.h"

namespace segue::runs {

// A row of the quarantine table.
struct HeldRow {
  std::string owner;      // the source or the step
  bool of_source = true;  // else of a step
  std::string file;       // of a source's row, as line and offset
  int64_t line = 0;
  int64_t offset = 0;
  std::string reason;
  std::string text;
  std::string run;  // that held it back
};

// What a pipeline's quarantine holds now, in the order of the table; empty if there is none.
std::vector<HeldRow> held_rows(const lake::Lake& lake, const std::string& pipeline, const Cancellation& cancellation);

// The steps to be run so that these rows go through again. Throws Failure(kData) if one of them could not: what is
// wrong for each source and step. REQUIRES: rows is not empty.
std::vector<std::string> steps_to_replay(const Prepared& prepared, const std::vector<HeldRow>& rows,
                                         const Cancellation& cancellation);

// How two states of a quarantine differ.
struct ReplayCounts {
  uint64_t sent = 0;   // before
  uint64_t left = 0;   // of these, not there any more
  uint64_t held = 0;   // of these, there still
  uint64_t fresh = 0;  // there now and not before
};
ReplayCounts compare_held(std::vector<HeldRow> before, std::vector<HeldRow> after);

}  // namespace segue::runs
