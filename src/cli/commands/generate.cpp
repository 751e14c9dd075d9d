// segue generate lastfm
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/workers.h"
#include "cli/command.h"
#include "cli/terminal/progress_line.h"
#include "cli/terminal/quantity.h"
#include "definition/load.h"
#include "generate/lastfm.h"

namespace segue::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  generate::LastfmOptions lastfm;
  std::string folder;
  uint32_t threads = 0;
};

// Where plays go without --out: data/ of the project, where its pipeline looks for them, or of the working directory.
fs::path folder_of(const Options& options, const Context& context) {
  if (!options.folder.empty()) return options.folder;
  try {
    return context.project().folder / "data";
  } catch (const Failure&) {
    return "data";
  }
}

int lastfm(const Options& options, const Context& context) {
  Printer& printer = context.printer;
  fs::path folder = folder_of(options, context);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(ErrorCode::kIo, fmt::format("cannot make the folder {}: {}", folder.string(), error.message()));
  fs::path plays = folder / "plays.tsv";
  fs::path users = folder / "users.tsv";

  Workers workers(options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency()),
                  context.cancellation);
  Progress progress;
  auto begin = std::chrono::steady_clock::now();
  {
    std::optional<ProgressLine> line;
    if (!printer.quiet()) line.emplace(progress, STDERR_FILENO, printer.err());
    generate::generate_lastfm(options.lastfm, plays, users, workers, &progress);
  }
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  uint64_t bytes = fs::file_size(plays) + fs::file_size(users);
  if (printer.json()) {
    printer.result_json({{"plays", plays.string()},
                         {"users", users.string()},
                         {"rows", options.lastfm.rows},
                         {"seed", options.lastfm.seed},
                         {"bytes", bytes},
                         {"seconds", seconds}});
    return kDone;
  }
  printer.result(fmt::format("{}: {}, {} in {} at {}\n", plays.string(), count_text(options.lastfm.rows, "play"),
                             bytes_text(fs::file_size(plays)), duration_text(seconds), rate_text(bytes, seconds)));
  printer.result(fmt::format("{}: {}\n", users.string(), count_text(options.lastfm.users, "profile")));
  return kDone;
}

}  // namespace

void add_generate(Commands& commands) {
  CLI::App* all =
      commands.add("generate",
                   {"Make data to try pipelines on",
                    "",
                    {{"segue generate lastfm --rows 1000000", "a million plays in data/plays.tsv, and users.tsv"}}},
                   nullptr);
  all->require_subcommand(0, 1);

  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add(
      "lastfm",
      {"Make plays in the shape of Last.fm-1K",
       "plays.tsv and users.tsv: some users play much and most little, few songs are played often and most rarely, in "
       "sessions of a few to "
       "hundreds of plays, newest first. The same rows, users and seed give the same bytes on every machine.",
       {{"segue generate lastfm", "a million plays of 50 users"},
        {"segue generate lastfm --rows 19150868 --users 992", "the full size, 2.4 GB"},
        {"segue generate lastfm --seed 2 --out /tmp/more", "other plays, elsewhere"}}},
      [options](const Context& context) { return lastfm(*options, context); }, all);
  command
      ->add_option("--rows", options->lastfm.rows,
                   fmt::format("How many plays, up to {} (default {})", count_text(generate::kLastfmRows),
                               count_text(options->lastfm.rows)))
      ->type_name("N");
  command
      ->add_option("--users", options->lastfm.users,
                   fmt::format("How many users, up to {} (default {})", generate::kLastfmUsers, options->lastfm.users))
      ->type_name("N");
  command->add_option("--seed", options->lastfm.seed, "Other numbers give other plays (default 1)")->type_name("N");
  command->add_option("--out", options->folder, "Write to FOLDER (default data/ of the project)")->type_name("FOLDER");
  command->add_flag("--force", options->lastfm.force, "Replace files that are there");
  command->add_option("--threads", options->threads, "How many threads work; by default one a core")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
}

}  // namespace segue::cli
