#include "crawl/grouping.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "crawl/shapes.h"

namespace segue::crawl {
namespace {

using definition::FormatType;

enum class Family : uint8_t { kDelimited, kJson, kParquet };

Family family(const Look& look) {
  if (look.type == FormatType::kDelimited) return Family::kDelimited;
  return look.type == FormatType::kParquet ? Family::kParquet : Family::kJson;
}

struct Location {
  std::string folder;  // values replaced: data/*/year=*
  std::string first_folder;
  std::string shape;
  std::string end;
};

Location locate(const std::string& root, const std::string& path) {
  Location location;
  std::filesystem::path relative = std::filesystem::path(path.substr(root.size())).relative_path();
  for (const auto& part : relative.parent_path()) {
    std::string name = part.string();
    if (location.first_folder.empty()) location.first_folder = name;
    auto key = partition_of(name);
    location.folder += "/" + (key ? key->first + "=*" : value_folder(name) ? "*" : name);
  }
  std::string name = relative.filename().string();
  location.end = extension(name);
  location.shape = name_shape(stem(name));
  return location;
}

// What columns files have, by which groups find each other.
struct Signature {
  Family family = Family::kDelimited;
  std::string cut;  // delimiter and number of columns
  std::vector<std::string> first_row;
  std::set<std::string> names;  // of JSON and Parquet
};

Signature signature(const Look& look) {
  Signature result{family(look), "", {}, {}};
  if (result.family == Family::kDelimited) {
    result.cut = fmt::format("{} {}", look.cut.columns, look.cut.dialect.delimiter);
    for (const HeaderCell& cell : look.first_row) result.first_row.push_back(cell.text);
  }
  for (const auto& [name, evidence] : look.root.keys()) result.names.insert(name);
  return result;
}

bool same_columns(const Signature& a, const Signature& b) {
  if (a.family != b.family) return false;
  if (a.family == Family::kDelimited) return a.cut == b.cut && a.first_row == b.first_row && !a.first_row.empty();
  if (a.family == Family::kParquet) return a.names == b.names;
  auto common =
      static_cast<size_t>(std::ranges::count_if(a.names, [&](const auto& name) { return b.names.contains(name); }));
  return common != 0 && common * 2 >= std::max(a.names.size(), b.names.size());
}

// The columns of most of them: of the first of those.
uint32_t most_common(const std::vector<Look>& looks, const std::vector<uint32_t>& files) {
  std::map<std::pair<Family, std::string>, std::pair<size_t, uint32_t>> counts;  // how many, and the first
  for (uint32_t file : files) {
    Signature mine = signature(looks[file]);
    auto [entry, fresh] = counts.try_emplace({mine.family, mine.cut}, 0, file);
    ++entry->second.first;
  }
  auto most = counts.begin();
  for (auto entry = counts.begin(); entry != counts.end(); ++entry) {
    auto [count, first] = entry->second;
    if (count > most->second.first || (count == most->second.first && first < most->second.second)) most = entry;
  }
  return most->second.second;
}

std::string count_files(size_t files) { return files == 1 ? "1 file" : fmt::format("{} files", files); }

std::string below(const std::string& root, const std::string& path) {
  return std::filesystem::path(path.substr(root.size())).relative_path().string();
}

std::string text_of(const Signature& columns) {
  std::string text = fmt::format("{} {}", static_cast<int>(columns.family), columns.cut);
  for (const std::string& each : columns.first_row) text += "\x1F" + each;
  for (const std::string& each : columns.names) text += "\x1F" + each;
  return text;
}

struct Class {
  Location location;
  std::vector<uint32_t> files;
  Signature columns;
  size_t shapes = 1;
};

std::string explain(const Class& group) {
  if (group.files.size() == 1) return "no other file is like it";
  std::string text = group.shapes == 1
                         ? fmt::format("names of the shape `{}{}`", group.location.shape, group.location.end)
                     : group.columns.family == Family::kDelimited
                         ? fmt::format("names of {} shapes, but the same first row", group.shapes)
                         : fmt::format("names of {} shapes, but the same columns", group.shapes);
  if (group.location.folder.find('*') != std::string::npos)
    text += fmt::format("; folders `{}` are values, so they part one source", group.location.folder.substr(1));
  return text;
}

std::vector<Class> by_shape(const std::vector<Look>& looks, const std::string& root) {
  std::map<std::vector<std::string>, size_t> places;
  std::vector<Class> classes;
  for (uint32_t file = 0; file < looks.size(); ++file) {
    if (looks[file].state != Look::State::kRows) continue;
    Location location = locate(root, looks[file].path);
    auto [place, fresh] = places.try_emplace({location.folder, location.shape, location.end}, classes.size());
    if (fresh) classes.push_back({std::move(location), {}, {}, 1});
    classes[place->second].files.push_back(file);
  }
  for (Class& each : classes) each.columns = signature(looks[most_common(looks, each.files)]);
  return classes;
}

}  // namespace

std::vector<Group> group_files(const std::vector<Look>& looks, const std::string& root, Together together) {
  std::vector<Group> groups;
  if (together != Together::kAuto) {
    std::map<std::string, size_t> places;
    for (uint32_t file = 0; file < looks.size(); ++file) {
      if (looks[file].state != Look::State::kRows) continue;
      std::string key = together == Together::kFile     ? looks[file].path
                        : together == Together::kFolder ? locate(root, looks[file].path).first_folder
                                                        : "";
      auto [place, fresh] = places.try_emplace(key, groups.size());
      if (fresh) {
        std::string why = together == Together::kOne      ? "--sources one"
                          : together == Together::kFolder ? "--sources folder"
                                                          : "--sources file";
        groups.push_back({{}, why});
      }
      groups[place->second].files.push_back(file);
    }
    return groups;
  }
  std::vector<Class> merged;
  std::map<std::pair<std::string, std::string>, std::vector<size_t>> places;  // of folder and ending, in `merged`
  for (Class& each : by_shape(looks, root)) {
    std::vector<size_t>& near = places[{each.location.folder, each.location.end}];
    auto same = std::ranges::find_if(near, [&](size_t i) { return same_columns(merged[i].columns, each.columns); });
    if (same == near.end()) {
      near.push_back(merged.size());
      merged.push_back(std::move(each));
      continue;
    }
    Class& other = merged[*same];
    other.files.insert(other.files.end(), each.files.begin(), each.files.end());
    ++other.shapes;
  }
  std::map<std::string, std::vector<size_t>> twins;  // by columns, letter for letter
  for (size_t i = 0; i < merged.size(); ++i) twins[text_of(merged[i].columns)].push_back(i);
  for (size_t i = 0; i < merged.size(); ++i) {
    Class& each = merged[i];
    std::ranges::sort(each.files);
    std::string why = explain(each);
    const std::vector<size_t>& alike = twins[text_of(each.columns)];
    if (alike.size() > 1) {
      const Class& other = merged[alike.front() == i ? alike[1] : alike.front()];
      why +=
          fmt::format("; {} elsewhere with the same columns ({}) are another source: `--sources one` makes one of them",
                      count_files(other.files.size()), below(root, looks[other.files.front()].path));
    }
    groups.push_back({each.files, std::move(why)});
  }
  std::ranges::sort(groups, {}, [](const Group& group) { return group.files.front(); });
  return groups;
}

}  // namespace segue::crawl
