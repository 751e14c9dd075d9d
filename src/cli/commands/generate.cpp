// segue generate lastfm|movielens|sparkify
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/workers.h"
#include "cli/command.h"
#include "cli/terminal/progress_line.h"
#include "cli/terminal/quantity.h"
#include "definition/load.h"
#include "generate/lastfm.h"
#include "generate/movielens.h"
#include "generate/sparkify.h"

namespace segue::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  generate::LastfmOptions lastfm;
  generate::MovielensOptions movielens;
  generate::SparkifyOptions sparkify;
  std::string folder;
  uint32_t threads = 0;
};

// A folder, made if it is not there. What was made and stays empty goes with this: a command that fails leaves nothing.
class OutFolder {
 public:
  explicit OutFolder(fs::path path) : path_(std::move(path)) {
    std::error_code error;
    for (fs::path each = fs::absolute(path_, error); !each.empty() && !fs::exists(each, error);
         each = each.parent_path())
      if (each.has_filename()) made_.push_back(each);
    fs::create_directories(path_, error);
    if (error) {
      remove();
      fail(ErrorCode::kIo, fmt::format("cannot make the folder {}: {}", path_.string(), error.message()));
    }
  }
  ~OutFolder() { remove(); }
  OutFolder(const OutFolder&) = delete;
  OutFolder& operator=(const OutFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  void remove() const {
    std::error_code ignored;  // of those that are not empty
    for (const fs::path& each : made_) fs::remove(each, ignored);
  }

  const fs::path path_;
  std::vector<fs::path> made_;  // the innermost first
};

// Where files go: --out, else data/ of the project, where its pipelines look for them, or of the working directory.
fs::path folder_of(const Options& options, const Context& context) {
  fs::path folder = options.folder;
  if (folder.empty()) {
    try {
      folder = context.project().folder / "data";
    } catch (const Failure&) {
      folder = "data";
    }
  }
  return folder;
}

// Runs `generate` under a line of progress; returns the seconds it took.
template <class Generate>
double timed(Printer& printer, Generate generate) {
  Progress progress;
  auto begin = std::chrono::steady_clock::now();
  {
    std::optional<ProgressLine> line;
    if (!printer.quiet()) line.emplace(progress, STDERR_FILENO, printer.err());
    generate(progress);
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

int movielens(const Options& options, const Context& context) {
  Printer& printer = context.printer;
  OutFolder out(folder_of(options, context));
  const fs::path& folder = out.path();
  double seconds = timed(printer, [&](Progress& progress) {
    generate::generate_movielens(options.movielens, folder, context.cancellation, &progress);
  });
  fs::path ratings = folder / "ratings.dat", movies = folder / "movies.dat", users = folder / "users.dat";
  uint64_t bytes = fs::file_size(ratings) + fs::file_size(movies) + fs::file_size(users);
  if (printer.json()) {
    printer.result_json({{"ratings", ratings.string()},
                         {"movies", movies.string()},
                         {"users", users.string()},
                         {"rows", options.movielens.ratings},
                         {"seed", options.movielens.seed},
                         {"bytes", bytes},
                         {"seconds", seconds}});
    return kDone;
  }
  printer.result(fmt::format("{}: {}, {} in {} at {}\n", ratings.string(),
                             count_text(options.movielens.ratings, "rating"), bytes_text(fs::file_size(ratings)),
                             duration_text(seconds), rate_text(bytes, seconds)));
  printer.result(fmt::format("{}: {}\n", movies.string(), count_text(options.movielens.movies, "movie")));
  printer.result(fmt::format("{}: {}\n", users.string(), count_text(options.movielens.users, "user")));
  return kDone;
}

int sparkify(const Options& options, const Context& context) {
  Printer& printer = context.printer;
  OutFolder out(folder_of(options, context));
  const fs::path& folder = out.path();
  Progress written;
  double seconds = timed(printer, [&](Progress& progress) {
    generate::generate_sparkify(options.sparkify, folder, context.cancellation, &progress);
    written.bytes_read = progress.bytes_read.load();
  });
  fs::path logs = folder / "log_data", songs = folder / "song_data";
  uint64_t bytes = written.bytes_read;
  if (printer.json()) {
    printer.result_json({{"logs", logs.string()},
                         {"songs", songs.string()},
                         {"rows", options.sparkify.events},
                         {"seed", options.sparkify.seed},
                         {"bytes", bytes},
                         {"seconds", seconds}});
    return kDone;
  }
  printer.result(fmt::format("{}: {}, {} in {} at {}\n", logs.string(), count_text(options.sparkify.events, "event"),
                             bytes_text(bytes), duration_text(seconds), rate_text(bytes, seconds)));
  printer.result(fmt::format("{}: {}\n", songs.string(), count_text(options.sparkify.songs, "song")));
  return kDone;
}

int lastfm(const Options& options, const Context& context) {
  Printer& printer = context.printer;
  OutFolder out(folder_of(options, context));
  const fs::path& folder = out.path();
  fs::path plays = folder / "plays.tsv";
  fs::path users = folder / "users.tsv";

  Workers workers(options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency()),
                  context.cancellation);
  double seconds = timed(printer, [&](Progress& progress) {
    generate::generate_lastfm(options.lastfm, plays, users, workers, &progress);
  });
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

static void add_movielens(Commands& commands, CLI::App* all) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add(
      "movielens",
      {"Make ratings in the shape of MovieLens",
       "ratings.dat, movies.dat and users.dat, fields apart by `::`, titles in ISO-8859-1: few users give many "
       "ratings, few movies get "
       "many. The same options give the same bytes on every machine.",
       {{"segue generate movielens", "the size of MovieLens-1M"},
        {"segue generate movielens --ratings 20000000 --users 138493 --movies 26744",
         "the size of MovieLens-20M, 0.5 GB"}}},
      [options](const Context& context) { return movielens(*options, context); }, all);
  auto& size = options->movielens;
  command
      ->add_option("--ratings", size.ratings,
                   fmt::format("How many ratings, up to {} (default {})", count_text(generate::kMovielensRatings),
                               count_text(size.ratings)))
      ->type_name("N");
  command
      ->add_option("--users", size.users,
                   fmt::format("How many users, up to {} (default {})", count_text(generate::kMovielensUsers),
                               count_text(size.users)))
      ->type_name("N");
  command
      ->add_option("--movies", size.movies,
                   fmt::format("How many movies, 100 to {} (default {})", count_text(generate::kMovielensMovies),
                               count_text(size.movies)))
      ->type_name("N");
  command->add_option("--seed", size.seed, "Other numbers give other ratings (default 1)")->type_name("N");
  command->add_option("--out", options->folder, "Write to FOLDER (default data/ of the project)")->type_name("FOLDER");
  command->add_flag("--force", size.force, "Replace files that are there");
}

static void add_sparkify(Commands& commands, CLI::App* all) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add(
      "sparkify",
      {"Make events of a music app in the shape of Sparkify",
       "log_data/, a file of JSON lines for each day of a month, and song_data/, a JSON file for each song: few "
       "listeners come often, few songs are played often, and few of them have a file. The same options give the same "
       "bytes on every machine.",
       {{"segue generate sparkify", "a hundred thousand events"},
        {"segue generate sparkify --rows 3000000 --users 10000", "1.4 GB"}}},
      [options](const Context& context) { return sparkify(*options, context); }, all);
  auto& size = options->sparkify;
  command
      ->add_option("--rows", size.events,
                   fmt::format("How many events, 30 to {} (default {})", count_text(generate::kSparkifyEvents),
                               count_text(size.events)))
      ->type_name("N");
  command
      ->add_option("--users", size.users,
                   fmt::format("How many users, up to {} (default {})", count_text(generate::kSparkifyUsers),
                               count_text(size.users)))
      ->type_name("N");
  command
      ->add_option("--songs", size.songs,
                   fmt::format("How many files of songs, up to {} (default {})", count_text(generate::kSparkifySongs),
                               size.songs))
      ->type_name("N");
  command->add_option("--seed", size.seed, "Other numbers give other events (default 1)")->type_name("N");
  command->add_option("--out", options->folder, "Write to FOLDER (default data/ of the project)")->type_name("FOLDER");
  command->add_flag("--force", size.force, "Replace folders that are there");
}

void add_generate(Commands& commands) {
  CLI::App* all =
      commands.add("generate",
                   {"Make data to try pipelines on",
                    "",
                    {{"segue generate lastfm --rows 1000000", "a million plays in data/plays.tsv, and users.tsv"},
                     {"segue generate movielens", "a million ratings in data/ratings.dat, movies.dat and users.dat"},
                     {"segue generate sparkify", "events of a music app in data/log_data, songs in data/song_data"}}},
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
  add_movielens(commands, all);
  add_sparkify(commands, all);
}

}  // namespace segue::cli
