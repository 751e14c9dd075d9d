#include "crawl/crawl.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/workers.h"
#include "crawl/decide.h"
#include "crawl/grouping.h"
#include "crawl/shapes.h"
#include "formats/files.h"
#include "storage/remote_file.h"

namespace segue::crawl {
namespace {

namespace fs = std::filesystem;

struct Listing {
  std::string root;                // above all files
  std::vector<std::string> files;  // sorted
  std::vector<Exception> unreadable;
  size_t left_out = 0;
};

void add_file(std::string path, const std::string& folder, Listing& listing) {
  if (listing.files.size() == limits::kCrawlFiles) {
    fail(ErrorCode::kLimit, fmt::format("more than {} files below {}", limits::kCrawlFiles, folder),
         "crawl parts of it");
  }
  listing.files.push_back(std::move(path));
}

void walk(const fs::path& folder, Listing& listing, const Cancellation& cancellation) {
  cancellation.check();
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) {
    listing.unreadable.push_back(
        {folder.string(), 0, fmt::format("the folder can't be read: {}", error.message()), ""});
    return;
  }
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    if (error) break;
    const fs::directory_entry& entry = *entries;
    if (formats::left_out(entry.path().filename().string())) {
      ++listing.left_out;
      continue;
    }
    std::error_code ignored;
    if (entry.is_directory(ignored)) {
      // A link could lead round in circles.
      if (entry.is_symlink(ignored)) {
        listing.unreadable.push_back(
            {entry.path().string(), 0, "a link to a folder, which is not followed", "name it itself"});
      } else {
        walk(entry.path(), listing, cancellation);
      }
      continue;
    }
    if (!entry.is_regular_file(ignored)) {
      listing.unreadable.push_back({entry.path().string(), 0, "no regular file, or a link to nothing", ""});
      continue;
    }
    add_file(entry.path().string(), folder.string(), listing);
  }
  if (error)
    listing.unreadable.push_back(
        {folder.string(), 0, fmt::format("the folder can't be read: {}", error.message()), ""});
}

// Of a folder on S3; nothing if there are no files below it.
void walk_remote(const std::string& folder, Listing& listing, const Cancellation& cancellation) {
  for (const storage::Listed& file : storage::list_remote(folder, "", true, &cancellation)) {
    fs::path below(file.name);
    if (std::ranges::any_of(below, [](const fs::path& name) { return formats::left_out(name.string()); })) {
      ++listing.left_out;
      continue;
    }
    add_file(folder + "/" + file.name, folder, listing);
  }
}

Listing list(const std::string& path, const Cancellation& cancellation) {
  Listing listing;
  std::error_code error;
  bool remote = storage::is_remote(path);
  bool folder = remote ? !formats::has_wildcard(path) && storage::open_remote(path, &cancellation) == nullptr
                       : fs::is_directory(path, error);
  if (folder) {
    listing.root = path;
    if (remote)
      walk_remote(path, listing, cancellation);
    else
      walk(path, listing, cancellation);
    std::ranges::sort(listing.files);
    if (!remote || !listing.files.empty() || listing.left_out != 0) return listing;
  }
  listing.files = formats::expand_files(path, &cancellation);
  listing.root = fs::path(path).parent_path().string();
  if (listing.files.size() != 1 || listing.files.front() != path) {
    // Up to the first part that is a pattern.
    std::string plain = path.substr(0, path.find_first_of("*?[\\"));
    listing.root = fs::path(plain).parent_path().string();
  }
  return listing;
}

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

class Crawl {
 public:
  Crawl(const Options& options, const Cancellation& cancellation)
      : options_(options),
        listing_(list(without_slashes(options.path), cancellation)),
        workers_(std::max(options.threads, storage::calls_at_once(listing_.files)), cancellation) {
    options_.path = without_slashes(options.path);
    for (size_t i = 0; i < workers_.count(); ++i) lookers_.push_back(std::make_unique<Looker>(cancellation));
  }

  Crawled run() {
    looks_.resize(listing_.files.size());
    std::vector<uint32_t> all(looks_.size());
    for (uint32_t file = 0; file < all.size(); ++file) {
      all[file] = file;
      looks_[file].path = listing_.files[file];
    }
    look_at(all, options_.given);
    std::vector<Group> groups = group_files(looks_, listing_.root, options_.together);
    if (groups.size() > 1 && !options_.name.empty()) {
      fail(ErrorCode::kUsage, fmt::format("{} sources were found, and `--name` names one", groups.size()),
           "name the files of one, or add `--sources one`");
    }
    Crawled crawled;
    crawled.files = looks_.size();
    crawled.left_out = listing_.left_out;
    for (const Look& look : looks_) crawled.bytes += look.bytes;
    for (const Group& group : groups) {
      crawled.sources.push_back(
          decide(group, looks_, listing_.root, options_,
                 [&](const std::vector<uint32_t>& files, const Given& given) { look_at(files, given); }));
      finish(crawled.sources.back());
    }
    settle_names(crawled.sources);
    crawled.others = others(crawled.sources);
    return crawled;
  }

 private:
  void look_at(const std::vector<uint32_t>& files, const Given& given) {
    workers_.for_each(files.size(), [&](size_t worker, size_t i) {
      uint32_t file = files[i];
      looks_[file] = lookers_[worker]->look(looks_[file].path, file, given);
    });
  }

  static void finish(FoundSource& found) {
    for (const FoundColumn& column : found.columns) found.source.columns.push_back(column.field);
  }

  // Sources whose files would give them one name have it with their ending: u_data, u_item; or with a number.
  static void settle_names(std::vector<FoundSource>& sources) {
    std::map<std::string, size_t> counts;
    for (const FoundSource& found : sources) ++counts[found.source.name];
    std::set<std::string> taken;
    for (FoundSource& found : sources) {
      std::string name = found.source.name;
      if (counts[name] > 1) {
        std::string longer = source_name_with_ending(name, found.files.front());
        if (!longer.empty()) name = longer;
      }
      std::string base = name;
      for (size_t n = 2; !taken.insert(name).second; ++n) name = fmt::format("{}_{}", base, n);
      found.source.name = name;
    }
  }

  // What no source took, nor told as its exception.
  std::vector<Exception> others(const std::vector<FoundSource>& sources) {
    std::vector<Exception> others = listing_.unreadable;
    for (const Look& look : looks_) {
      if (look.state == Look::State::kRows) continue;
      bool told = std::ranges::any_of(sources, [&](const FoundSource& source) {
        return std::ranges::find(source.empty_files, look.path) != source.empty_files.end() ||
               std::ranges::any_of(source.exceptions, [&](const Exception& each) { return each.file == look.path; });
      });
      if (!told) others.push_back({look.path, 0, look.reason, look.hint});
    }
    std::ranges::stable_sort(others, {}, &Exception::file);
    return others;
  }

  Options options_;
  Listing listing_;
  Workers workers_;
  std::vector<std::unique_ptr<Looker>> lookers_;  // one a worker
  std::vector<Look> looks_;
};

}  // namespace

Crawled crawl(const Options& options, const Cancellation& cancellation) { return Crawl(options, cancellation).run(); }

}  // namespace segue::crawl
