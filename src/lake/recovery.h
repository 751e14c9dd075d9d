// After a crash: finishing what was decided, clearing what was not. The files and their order are drawn in
// publication.h.
#pragma once

#include <string>
#include <vector>

#include "lake/publication.h"
#include "storage/store.h"

namespace segue::lake {

// Paths below the lake's root.
std::string lock_path(const std::string& pipeline);
std::string staging_path(const std::string& pipeline, const std::string& run);
std::string decision_path(const std::string& pipeline, const std::string& run);

// "<table>/_segue/batches/00000000000000000007.json"
std::string batch_path(const TableName& name, int64_t batch);

// The lock that whoever changes a pipeline's tables holds. A reader that recovers holds it for a moment, so this asks
// more than once. `by`: who we are, for others: "run 20261121-120501-4f2a9c". Throws Failure(kConflict), naming the
// holder.
std::unique_ptr<storage::Lock> lock_pipeline(storage::Store& store, const std::string& pipeline, const std::string& by);

// "part-00000-<run>-<8 random digits>.zstd.parquet": unique, and the run can be told from it.
std::string data_file_name(size_t number, const std::string& run);

// An export of a run that waits beside its place.
struct StagedExport {
  std::string temporary;
  std::string path;
};

// Renames the exports into their places; those that were before are passed over. What cannot be renamed stops nothing:
// it is returned, and its temporary file stays until remove_temporaries(), so that it is found again if the process
// dies in between.
std::vector<MissingExport> place_exports(storage::Store& store, const std::vector<StagedExport>& exports);
// Never throws: a temporary file that cannot be removed is in nobody's way.
void remove_temporaries(storage::Store& store, const std::vector<MissingExport>& missing,
                        const std::string& run) noexcept;

// REQUIRES: `lock`, the pipeline's, is held, and no publication of this process is open on it. What undecided runs wrote
// is left in its place, for a later vacuum, if others may be at work yet.
std::vector<Recovered> recover_pipeline(storage::Store& store, const std::string& pipeline, const storage::Lock& lock,
                                        const RecordRecovered& record);

}  // namespace segue::lake
