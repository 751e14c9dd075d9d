// segue copy FROM TO
#include "storage/copy.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/error.h"
#include "cli/command.h"
#include "cli/run_options.h"
#include "cli/terminal/progress_line.h"
#include "cli/terminal/quantity.h"
#include "definition/paths.h"
#include "formats/files.h"
#include "storage/download.h"
#include "storage/remote_file.h"

namespace segue::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string from, to;
  std::string profile;
  bool force = false;
};

std::string without_slashes(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

std::string last_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// An absolute path, or s3://bucket/key.
std::string place_of(const std::string& text) {
  if (text.empty()) fail(ErrorCode::kUsage, "the path is empty", "name a file, a folder, a pattern or s3://BUCKET/…");
  if (definition::is_url(text) && !storage::is_remote(text))
    fail(ErrorCode::kUsage, fmt::format("`{}` is neither a path nor s3://BUCKET/…", text));
  return definition::absolute_path(definition::working_directory(), text);
}

// Everything below a folder of this machine; links to folders, which could lead round in circles, are passed over.
std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator each(folder, error);
  for (; !error && each != fs::recursive_directory_iterator(); each.increment(error))
    if (std::error_code gone; each->is_regular_file(gone))
      files.push_back(each->path().lexically_relative(folder).string());
  if (error) fail(ErrorCode::kIo, fmt::format("the folder {} can't be read: {}", folder, error.message()));
  std::ranges::sort(files);
  return files;
}

// The files that FROM stands for, by their paths below `root`; one alone that is named as it is has no root.
struct Found {
  std::string root;
  std::vector<std::string> files;
};

Found find(const std::string& from, const Cancellation& cancellation) {
  std::string path = place_of(from), folder = without_slashes(path);
  std::error_code error;
  if (!storage::is_remote(path)) {
    if (fs::is_directory(path, error)) return {folder, files_below(folder.empty() ? "/" : folder)};
    if (fs::exists(path, error)) return {"", {path}};
  } else {
    if (!path.ends_with('/') && storage::open_remote(path, &cancellation)) return {"", {path}};
    Found found{folder, {}};
    for (const storage::Listed& listed : storage::list_remote(folder, "", true, &cancellation))
      found.files.push_back(listed.name);
    if (!found.files.empty()) return found;
  }
  Found found;  // those that match, or an error that says what is near
  found.root = path.substr(0, path.rfind('/', path.find_first_of("*?[\\")));
  for (const std::string& file : formats::expand_files(path, &cancellation))
    found.files.push_back(file.substr(found.root.size() + 1));
  return found;
}

std::vector<storage::Copy> copies_of(const Found& found, const std::string& to) {
  std::string target = place_of(to), folder = without_slashes(target);
  std::vector<storage::Copy> copies;
  if (!found.root.empty()) {
    for (const std::string& file : found.files) copies.push_back({found.root + "/" + file, folder + "/" + file});
    return copies;
  }
  std::error_code error;
  bool bucket = storage::is_remote(target) && folder.find('/', std::string_view("s3://").size()) == std::string::npos;
  bool into = target.ends_with('/') || bucket || (!storage::is_remote(target) && fs::is_directory(target, error));
  copies.push_back({found.files.front(), into ? folder + "/" + last_name(found.files.front()) : target});
  return copies;
}

// A file of the web, while it is here: beside what it becomes, or in a folder for what goes on elsewhere.
class Fetched {
 public:
  // `copy` is from a URL, and becomes one from this file.
  Fetched(storage::Copy& copy, const Cancellation& cancellation, Progress& progress) {
    path_ = copy.to + ".fetched";
    if (storage::is_remote(copy.to))
      path_ = (fs::temp_directory_path() /
               fmt::format("segue-copy-{}-{:x}", getuid(), std::hash<std::string>{}(copy.from)) / "fetched")
                  .string();
    storage::download({copy.from, path_, "", ""}, {}, &cancellation, &progress);
    copy.from = path_;
  }
  // It is copied; until then, what came of it is kept.
  void remove() const {
    std::error_code error;
    for (const char* end : {"", ".json", ".lock"}) fs::remove(path_ + end, error);
  }

 private:
  std::string path_;
};

int copy(const Options& options, const Context& context) {
  try {
    chosen_settings(context.project(true), options.profile);
  } catch (const Failure&) {  // files outside of any project can be copied too
    if (!options.profile.empty()) throw;
  }
  auto begin = std::chrono::steady_clock::now();
  Progress progress;
  progress.stage = "comparing";
  std::optional<ProgressLine> line;
  if (!context.printer.quiet()) line.emplace(progress, STDERR_FILENO, context.printer.err());
  std::vector<storage::Copy> copies;
  if (definition::is_web(options.from)) {
    std::string shown = storage::shown_url(options.from);
    copies = copies_of({"", {shown}}, options.to);
    copies.front().from = options.from;
    progress.stage = "fetching";
    Fetched fetched(copies.front(), context.cancellation, progress);
    progress.bytes_total = progress.bytes_read = 0;
    storage::copy_files(copies, options.force, context.cancellation, &progress);
    fetched.remove();
    copies.front().from = shown;
  } else {
    copies = copies_of(find(options.from, context.cancellation), options.to);
    storage::copy_files(copies, options.force, context.cancellation, &progress);
  }
  line.reset();

  uint64_t bytes = 0, copied = 0;
  auto files = nlohmann::ordered_json::array();
  for (const storage::Copy& each : copies) {
    files.push_back({{"from", each.from}, {"to", each.to}, {"bytes", each.bytes}, {"copied", !each.was_there}});
    if (each.was_there) continue;
    ++copied;
    bytes += each.bytes;
  }
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (context.printer.json()) {
    context.printer.result_json({{"files", std::move(files)}, {"bytes", bytes}, {"seconds", seconds}});
    return kDone;
  }
  std::string text =
      copied == 0 ? "nothing to copy" : fmt::format("copied {}, {}", count_text(copied, "file"), bytes_text(bytes));
  if (copied != 0) text += fmt::format(", in {}", duration_text(seconds));
  if (size_t there = copies.size() - copied; there != 0)
    text += fmt::format("; {} {} there already", count_text(there, "file"), there == 1 ? "was" : "were");
  context.printer.result(text + "\n");
  return kDone;
}

}  // namespace

void add_copy(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add(
      "copy",
      {"Copy files between this machine, S3 and the web",
       "A file, a folder with all that is below it, or the files that match a pattern. Several pieces are copied at a "
       "time; the same command goes on where one that broke off ended. Each copy is compared with its original, and "
       "has "
       "its name only when it is whole. What is there already with the same content is left; what has other content is "
       "not replaced, and nothing is copied then, unless you say `--force`.",
       {{"segue copy data/plays.tsv s3://acme/in/", "a file into a folder on S3"},
        {"segue copy s3://acme/in data/in", "all below a folder"},
        {"segue copy 's3://acme/in/*.gz' data/", "those that match; quoted, as the shell does not look into S3"},
        {"segue copy https://example.org/plays.tsv.gz s3://acme/in/", "a file of the web"}}},
      [options](const Context& context) { return copy(*options, context); });
  command->add_option("from", options->from, "A file, a folder, a pattern, s3://BUCKET/… or https://…")
      ->type_name("FILE")
      ->required();
  command->add_option("to", options->to, "A file or, with a slash at its end, a folder; s3://BUCKET/…")
      ->type_name("FILE")
      ->required();
  command->add_flag("--force", options->force, "Replace files that have other content");
  add_profile(command, options->profile);
}

}  // namespace segue::cli
