#include "crawl/shapes.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include <fmt/format.h>
#include <fnmatch.h>

#include "base/ascii.h"
#include "definition/names.h"

namespace segue::crawl {
namespace {

namespace fs = std::filesystem;

bool letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool digit(char c) { return '0' <= c && c <= '9'; }
bool part_of_word(char c) { return letter(c) || digit(c) || static_cast<uint8_t>(c) >= 0x80; }
bool hexadecimal(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

// 8-4-4-4-12, of which a part may have no digit.
size_t uuid_at(std::string_view text) {
  constexpr size_t kBytes = 36;
  if (text.size() < kBytes) return 0;
  for (size_t i = 0; i < kBytes; ++i) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !hexadecimal(text[i])) return 0;
  }
  return text.size() == kBytes || !part_of_word(text[kBytes]) ? kBytes : 0;
}

std::vector<std::string> parts_of(const std::string& root, const std::string& path) {
  std::vector<std::string> parts;
  for (const fs::path& part : fs::path(path.substr(root.size())).relative_path()) parts.push_back(part.string());
  return parts;
}

// Characters of patterns stand for themselves.
std::string escaped(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string pattern_of_shape(std::string_view shape) {
  std::string pattern;
  for (char c : shape) {
    if (c == '#') {
      if (!pattern.ends_with('*')) pattern += '*';
    } else {
      pattern += escaped(std::string_view(&c, 1));
    }
  }
  // `2018-11-01-events.json`: one star is enough for what is between two.
  for (std::string_view between : {"*-*", "*_*", "*.*"}) {
    for (size_t at; (at = pattern.find(between)) != std::string::npos;) pattern.replace(at, 3, "*");
  }
  return pattern;
}

// One pattern for all of these names, the closest first.
std::vector<std::string> patterns_of_names(const std::vector<std::string>& names) {
  std::vector<std::string> patterns;
  auto all = [&](auto&& of) {
    std::string first = of(names.front());
    return std::ranges::all_of(names, [&](const std::string& name) { return of(name) == first; }) ? first
                                                                                                  : std::string();
  };
  if (std::string name = all([](const std::string& name) { return name; }); !name.empty())
    patterns.push_back(escaped(name));
  if (std::string shape = all([](const std::string& name) { return name_shape(name); }); !shape.empty())
    patterns.push_back(pattern_of_shape(shape));
  std::string end = all([](const std::string& name) { return extension(name); });
  auto zipped =
      static_cast<size_t>(std::ranges::count_if(names, [](const std::string& name) { return name.ends_with(".gz"); }));
  std::string gz = zipped == 0 ? "" : zipped == names.size() ? ".gz" : "*";
  // What they begin with, up to the end of a word.
  size_t same = 0;
  while (std::ranges::all_of(
      names, [&](const std::string& name) { return same < name.size() && name[same] == names.front()[same]; }))
    ++same;
  while (same != 0 && part_of_word(names.front()[same - 1])) --same;
  std::string begin = escaped(names.front().substr(0, same));
  if (!end.empty()) {
    if (!begin.empty()) patterns.push_back(begin + "*" + escaped(end) + gz);
    patterns.push_back("*" + escaped(end) + gz);
  }
  if (!begin.empty()) patterns.push_back(begin + "*");
  patterns.push_back("*");
  return patterns;
}

// Letters, digits and `_`; empty if nothing is left.
std::string made(std::string_view text) {
  std::string name;
  for (char c : text) {
    bool kept = letter(c) || digit(c);
    if (kept && !(name.empty() && digit(c))) name += ascii::lower(c);
    if (!kept && !name.empty() && name.back() != '_') name += '_';
  }
  while (name.ends_with('_')) name.pop_back();
  return name.size() > 60 ? name.substr(0, 60) : name;
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& parts) {
  if (pattern.size() != parts.size()) return false;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (::fnmatch(pattern[i].c_str(), parts[i].c_str(), FNM_PERIOD) != 0) return false;
  }
  return true;
}

}  // namespace

std::string name_shape(std::string_view name) {
  std::string shape;
  for (size_t at = 0; at < name.size();) {
    if (size_t uuid = uuid_at(name.substr(at)); uuid != 0 && (at == 0 || !part_of_word(name[at - 1]))) {
      shape += '#';
      at += uuid;
      continue;
    }
    size_t end = at;
    while (end < name.size() && part_of_word(name[end])) ++end;
    if (end == at) {
      shape += name[at++];
      continue;
    }
    std::string_view word = name.substr(at, end - at);
    // What a name ends with says what the file is: `.mp3`, `.7z`.
    bool value =
        std::ranges::any_of(word, digit) && !(end == name.size() && at != 0 && name[at - 1] == '.' && letter(word[0]));
    shape += value ? "#" : word;
    at = end;
  }
  return shape;
}

bool value_folder(std::string_view name) {
  if (partition_of(name) || name.size() <= 2) return true;
  std::string shape = name_shape(name);
  return std::ranges::none_of(shape, letter);
}

std::optional<std::pair<std::string, std::string>> partition_of(std::string_view name) {
  size_t equal = name.find('=');
  if (equal == std::string_view::npos || equal == 0) return std::nullopt;
  std::string value;
  for (size_t i = equal + 1; i < name.size(); ++i) {
    if (name[i] == '%' && i + 2 < name.size() && hexadecimal(name[i + 1]) && hexadecimal(name[i + 2])) {
      value += static_cast<char>(std::stoi(std::string(name.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      value += name[i];
    }
  }
  return std::pair(std::string(name.substr(0, equal)), std::move(value));
}

std::string extension(std::string_view name) {
  if (name.ends_with(".gz")) name.remove_suffix(3);
  size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? "" : std::string(name.substr(dot));
}

std::string stem(std::string_view name) {
  if (name.ends_with(".gz")) name.remove_suffix(3);
  name.remove_suffix(extension(name).size());
  return std::string(name);
}

std::string pattern_of(const std::string& root, const std::vector<std::string>& files,
                       const std::vector<std::string>& others, std::vector<std::string>& taken) {
  if (files.size() == 1) return files.front();
  std::vector<std::vector<std::string>> all, rest;
  for (const std::string& file : files) all.push_back(parts_of(root, file));
  for (const std::string& file : others) rest.push_back(parts_of(root, file));
  std::string prefix = root == "/" ? "" : escaped(root);
  size_t depth = all.front().size();
  bool level = std::ranges::all_of(all, [&](const auto& parts) { return parts.size() == depth; });
  std::vector<std::string> names;
  for (const auto& parts : all) names.push_back(parts.back());
  std::vector<std::string> candidates = patterns_of_names(names);
  if (!level) {
    // Folders of any depth, below what all have.
    size_t same = 0;
    while (std::ranges::all_of(
        all, [&](const auto& parts) { return same + 1 < parts.size() && parts[same] == all.front()[same]; }))
      ++same;
    std::string folder = prefix;
    for (size_t i = 0; i < same; ++i) folder += "/" + escaped(all.front()[i]);
    for (const std::string& candidate : candidates) {
      taken.clear();
      for (size_t i = 0; i < rest.size(); ++i) {
        bool below = rest[i].size() > same &&
                     std::equal(rest[i].begin(), rest[i].begin() + static_cast<ptrdiff_t>(same), all.front().begin());
        if (below && ::fnmatch(candidate.c_str(), rest[i].back().c_str(), FNM_PERIOD) == 0) taken.push_back(others[i]);
      }
      bool every = std::ranges::all_of(
          names, [&](const std::string& name) { return ::fnmatch(candidate.c_str(), name.c_str(), FNM_PERIOD) == 0; });
      if (every && (taken.empty() || candidate == candidates.back())) return folder + "/**/" + candidate;
    }
  }
  std::vector<std::string> pattern(depth);
  for (size_t i = 0; i + 1 < depth; ++i) {
    const std::string& first = all.front()[i];
    bool same = std::ranges::all_of(all, [&](const auto& parts) { return parts[i] == first; });
    auto key = partition_of(first);
    bool keyed = key && std::ranges::all_of(all, [&](const auto& parts) {
                   auto other = partition_of(parts[i]);
                   return other && other->first == key->first;
                 });
    // A day's or a number's folder will have neighbours, also where it is alone so far; a letter's may not.
    auto numbered = [](const std::string& name) { return value_folder(name) && std::ranges::any_of(name, digit); };
    pattern[i] = keyed ? escaped(key->first) + "=*" : same && !numbered(first) ? escaped(first) : "*";
  }
  std::string best;
  for (const std::string& candidate : candidates) {
    pattern.back() = candidate;
    bool every = std::ranges::all_of(all, [&](const auto& parts) { return matches(pattern, parts); });
    if (!every) continue;
    std::vector<std::string> more;
    for (size_t i = 0; i < rest.size(); ++i) {
      if (matches(pattern, rest[i])) more.push_back(others[i]);
    }
    if (best.empty() || more.size() < taken.size()) {
      best = prefix;
      for (const std::string& part : pattern) best += "/" + part;
      taken = std::move(more);
      if (taken.empty()) return best;
    }
  }
  return best;
}

std::string source_name(const std::string& root, const std::vector<std::string>& files) {
  std::vector<std::string> parts = parts_of(root, files.front());
  std::string last = files.size() == 1 ? stem(parts.back()) : name_shape(stem(parts.back()));
  bool alike = std::ranges::all_of(files, [&](const std::string& file) {
    return files.size() == 1 || name_shape(stem(file.substr(file.rfind('/') + 1))) == last;
  });
  std::string name = alike ? made(last) : "";
  // `part-#` and single letters say nothing: the folder does.
  std::vector<std::string> folders = parts_of("", root);
  parts.pop_back();
  folders.insert(folders.end(), parts.begin(), parts.end());
  auto says_little = [](const std::string& each) {
    return each.size() < 2 || each == "part" || each == "data" || each == "file";
  };
  for (auto folder = folders.rbegin(); folder != folders.rend() && says_little(name); ++folder) {
    if (value_folder(*folder)) continue;
    if (std::string other = made(*folder); !other.empty()) {
      name = other;
      break;
    }
  }
  if (name.empty()) name = "rows";
  definition::Mistakes mistakes;
  if (!definition::check_name(definition::NameOf::kSource, name, {}, mistakes)) name += "_rows";
  return name;
}

std::string source_name_with_ending(const std::string& name, const std::string& file) {
  std::string end = made(extension(file.substr(file.rfind('/') + 1)));
  return end.empty() ? "" : name + "_" + end;
}

}  // namespace segue::crawl
