#include "lake/replaced_files.h"

#include <algorithm>
#include <set>

#include "lake/commit.h"
#include "lake/data_files.h"

namespace segue::lake {

std::map<std::string, int64_t> removal_times(const storage::Store& store, const std::string& folder,
                                             const Snapshot& snapshot) {
  std::map<std::string, int64_t> times;
  for (const auto& [path, file] : snapshot.removed) times[path] = file.removed;
  each_entry(store, folder, [&](int64_t, const Entry& entry) {
    for (const DataFile& file : entry.removes) {
      int64_t time = file.removed != 0 || !entry.commit ? file.removed : entry.commit->timestamp;
      times[file.path] = std::max(times[file.path], time);
    }
  });
  return times;
}

void remove_replaced(storage::Store& store, const TableName& name) {
  std::string folder = name.folder();
  Snapshot newest = read_log(store, folder);
  if (!keeps_only_newest(newest)) return;
  DataFiles there(store, folder);
  std::set<std::string> current;
  for (const DataFile& file : newest.files) current.insert(file.path);
  for (const auto& [path, time] : removal_times(store, folder, newest))
    if (!current.contains(path) && there.has(path)) store.remove(folder + "/" + path);
}

}  // namespace segue::lake
