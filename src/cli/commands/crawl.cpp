// segue crawl [PATH]
#include "crawl/crawl.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/diagnostic.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/crawl_report.h"
#include "cli/run_options.h"
#include "cli/terminal/quantity.h"
#include "crawl/compare.h"
#include "crawl/edit.h"
#include "crawl/evidence.h"
#include "crawl/yaml_text.h"
#include "definition/load.h"
#include "definition/names.h"
#include "definition/paths.h"
#include "definition/yaml.h"
#include "generate/new_file.h"

namespace segue::cli {
namespace {

struct Options {
  std::string path;
  std::string name;
  std::string sources = "auto";
  std::string header = "auto";
  std::string delimiter, quote;
  std::string against, write;
  bool accept = false;
  bool whole = false;
  uint32_t threads = 0;
};

// What was found of one source of a pipeline.
struct Compared {
  std::string name;
  std::vector<crawl::Change> changes;
  bool added = false;
};

crawl::Together together(const std::string& text) {
  if (text == "one") return crawl::Together::kOne;
  if (text == "folder") return crawl::Together::kFolder;
  return text == "file" ? crawl::Together::kFile : crawl::Together::kAuto;
}

std::string unescaped(const std::string& delimiter) {
  if (delimiter == "\\t" || delimiter == "tab") return "\t";
  return delimiter;
}

// The way of a crawl: what is found, what a pipeline says of it, what becomes of its file.
class CrawlCommand {
 public:
  CrawlCommand(const Options& options, const Context& context) : options_(options), context_(context) {
    here_ = definition::working_directory();
    const std::string& name = options.write.empty() ? options.against : options.write;
    if (!name.empty()) {
      project_ = context.project(true);
      pipeline_ = definition::load_pipeline(*project_, name, {{}, true});
    } else {
      try {
        project_ = context.project(true);
      } catch (const Failure&) {  // files outside of any project can be crawled too
      }
    }
    if (project_) chosen_settings(*project_);
    if (options.accept && options.write.empty())
      fail(ErrorCode::kUsage, "`--accept` goes with `--write`", "name the pipeline: `--write PIPELINE --accept`");
    if (options.path.empty() && !pipeline_)
      fail(ErrorCode::kUsage, "nothing to crawl",
           "name a file, a pattern or a folder, or a pipeline: `--against PIPELINE`");
  }

  int run() {
    auto begin = std::chrono::steady_clock::now();
    if (options_.path.empty()) {
      compare_all();
    } else {
      crawl_path();
    }
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::vector<Error> refused = this->refused();
    if (!options_.write.empty()) write();
    if (context_.printer.json()) {
      print_json(refused);
    } else {
      print();
      if (!refused.empty()) context_.printer.errors(refused);
    }
    if (!refused.empty() || (crawled_.sources.empty() && compared_.empty())) return kRunFailed;
    return kDone;
  }

 private:
  crawl::Options crawl_options() const {
    crawl::Options options;
    options.name = options_.name;
    options.together = together(options_.sources);
    options.given.whole = options_.whole;
    options.threads = options_.threads != 0 ? options_.threads
                                            : std::clamp(std::thread::hardware_concurrency(), 1U,
                                                         static_cast<unsigned>(limits::kThreads));
    if (options_.header != "auto") options.given.header = options_.header == "yes";
    if (!options_.delimiter.empty()) options.given.delimiter = unescaped(options_.delimiter);
    if (options_.quote == "none") options.given.quote = std::optional<char>();
    if (options_.quote.size() == 1) options.given.quote = options_.quote.front();
    if (options.given.delimiter || options.given.quote || options.given.header)
      options.given.type = definition::FormatType::kDelimited;
    return options;
  }

  std::string absolute(const std::string& path) const {
    std::string result = definition::absolute_path(here_, path);
    while (result.size() > 1 && result.ends_with('/')) result.pop_back();
    return result;
  }

  // As the pipeline file would have it, and messages.
  std::string shown(const std::string& path) const {
    const std::filesystem::path& folder = project_ ? project_->folder : here_;
    std::filesystem::path relative = std::filesystem::path(path).lexically_relative(folder);
    bool below = !relative.empty() && *relative.begin() != ".." && relative != ".";
    return below ? relative.string() : path;
  }
  ShownPath shown_path() const {
    return [this](const std::string& path) { return shown(path); };
  }

  void crawl_path() {
    if (definition::is_web(options_.path))
      fail(ErrorCode::kUsage, fmt::format("`{}` is neither on this machine nor on S3", options_.path),
           "`segue copy` fetches it");
    crawl::Options options = crawl_options();
    options.path = absolute(options_.path);
    const definition::Source* named = pipeline_ && !options_.name.empty() ? pipeline_->source(options_.name) : nullptr;
    if (!options_.name.empty()) check_name();
    if (named != nullptr) {
      compare(*named, options.path);
      return;
    }
    crawled_ = crawl::crawl(options, context_.cancellation);
    if (!pipeline_) return;
    for (const crawl::FoundSource& found : crawled_.sources) {
      const definition::Source* declared = pipeline_->source(found.source.name);
      for (const definition::Source& each : pipeline_->sources)
        if (each.path == found.source.path) declared = &each;
      if (declared != nullptr) {
        compare(*declared, found.source.path);
      } else {
        compared_.push_back({found.source.name, {}, true});
      }
    }
  }

  void check_name() const {
    definition::Mistakes mistakes;
    if (definition::check_name(definition::NameOf::kSource, options_.name, {}, mistakes)) return;
    Error error = mistakes.errors().front();
    error.code = ErrorCode::kUsage;
    throw Failure(error);
  }

  // All sources of the pipeline against their files.
  void compare_all() {
    if (pipeline_->sources.empty())
      fail(ErrorCode::kUsage, fmt::format("pipeline `{}` has no sources", pipeline_->name));
    for (const definition::Source& source : pipeline_->sources) {
      bool files = source.table.empty() && source.url.empty();
      if (files && (options_.name.empty() || options_.name == source.name)) compare(source, source.path);
    }
    if (compared_.empty())
      fail(ErrorCode::kUsage, fmt::format("pipeline `{}` has no source of files{}", pipeline_->name,
                                          options_.name.empty() ? "" : fmt::format(" named `{}`", options_.name)));
  }

  void compare(const definition::Source& declared, const std::string& path) {
    crawl::Options options = crawl_options();
    options.path = path;
    options.name = declared.name;
    options.together = crawl::Together::kOne;
    options.given = crawl::given_by(declared);
    options.given.whole = options_.whole;
    crawl::Crawled crawled = crawl::crawl(options, context_.cancellation);
    Compared& compared = compared_.emplace_back(Compared{declared.name, {}, false});
    for (const crawl::FoundSource& found : crawled.sources) compared.changes = crawl::compare(declared, found);
    if (crawled.sources.empty() && !crawled.others.empty()) {
      const crawl::Exception& first = crawled.others.front();
      crawl::Change& change = compared.changes.emplace_back();
      change.kind = crawl::Change::Kind::kFormat;
      change.reason = first.reason;
      change.file = first.file;
    }
    crawled_.files += crawled.files;
    crawled_.bytes += crawled.bytes;
    // What a crawl by itself found is shown instead of what the definition makes of it.
    bool known =
        std::ranges::any_of(crawled_.sources, [&](const crawl::FoundSource& each) { return each.source.path == path; });
    if (known) return;
    for (crawl::FoundSource& found : crawled.sources) crawled_.sources.push_back(std::move(found));
    for (crawl::Exception& other : crawled.others) crawled_.others.push_back(std::move(other));
  }

  // Changes that would have to be made, unless they are accepted.
  std::vector<Error> refused() const {
    std::vector<Error> errors;
    for (const Compared& compared : compared_) {
      for (const crawl::Change& change : compared.changes) {
        bool type = change.kind == crawl::Change::Kind::kType;
        if (!change.breaks() || (type && options_.accept)) continue;
        std::string what = change.column.empty() ? compared.name : fmt::format("{}.{}", compared.name, change.column);
        Error error(ErrorCode::kData, fmt::format("{}: {}", what, change.reason), {change.file, change.line, 0, 0});
        if (type) {
          error.hint =
              fmt::format("declare it as `{}`, or let that be written: segue crawl --write {} --name {} --accept",
                          crawl::type_text(change.to), pipeline_->name, compared.name);
        }
        errors.push_back(std::move(error));
      }
    }
    return errors;
  }

  definition::TextFilePtr read_pipeline() const {
    std::vector<Error> mistakes;
    definition::TextFilePtr file =
        definition::read_text_file(pipeline_->file.string(), definition::shown_path(pipeline_->file), mistakes);
    if (!file) throw Failure(std::move(mistakes));
    return file;
  }

  void write() {
    definition::TextFilePtr file = read_pipeline();
    std::string text = file->text();
    auto next = [&](std::string changed) {
      text = std::move(changed);
      file = std::make_shared<definition::TextFile>(file->name(), text);
    };
    for (const Compared& compared : compared_) {
      if (compared.added) {
        auto found = std::ranges::find_if(
            crawled_.sources, [&](const crawl::FoundSource& each) { return each.source.name == compared.name; });
        next(crawl::with_source(file, found->source, shown(found->source.path)));
        written_.push_back(fmt::format("source `{}`", compared.name));
      }
      std::vector<Field> types;
      for (const crawl::Change& change : compared.changes)
        if (change.kind == crawl::Change::Kind::kType && options_.accept) types.push_back({change.column, change.to});
      if (types.empty()) continue;
      next(crawl::with_types(file, compared.name, types));
      for (const Field& field : types)
        written_.push_back(fmt::format("{}.{} is {}", compared.name, field.name, crawl::type_text(field.type)));
    }
    if (written_.empty()) return;
    generate::NewFile changed(pipeline_->file, true);
    changed.write(0, text);
    changed.publish();
  }

  void print() const {
    Printer& printer = context_.printer;
    printer.message(fmt::format("{}, {}, looked at in {}{}\n", count_text(crawled_.files, "file"),
                                bytes_text(crawled_.bytes), duration_text(seconds_),
                                crawled_.left_out == 0 ? ""
                                                       : fmt::format("; {} hidden or beginning with `_` left out",
                                                                     count_text(crawled_.left_out))));
    for (const crawl::FoundSource& found : crawled_.sources)
      printer.message("\n" + explain(found, shown_path(), printer.err()));
    if (!crawled_.others.empty()) printer.message("\n" + explain(crawled_.others, shown_path(), printer.err()));
    if (!crawled_.sources.empty()) printer.message("\n");
    if (!pipeline_) {
      if (crawled_.sources.empty()) return;
      std::string yaml = "sources:\n";
      for (const crawl::FoundSource& found : crawled_.sources)
        yaml += crawl::source_entry(found.source, shown(found.source.path));
      printer.result(yaml);
      return;
    }
    std::string file = definition::shown_path(pipeline_->file);
    for (const Compared& compared : compared_) {
      if (compared.added) {
        auto found = std::ranges::find_if(
            crawled_.sources, [&](const crawl::FoundSource& each) { return each.source.name == compared.name; });
        std::string added;
        std::string entry = crawl::source_entry(found->source, shown(found->source.path), 0);
        for (size_t at = 0; at < entry.size();) {
          size_t end = entry.find('\n', at) + 1;
          added += "  + " + entry.substr(at, end - at);
          at = end;
        }
        printer.result(fmt::format("{}: a new source\n{}", file, paint(printer.out(), Tone::kGreen, added)));
        continue;
      }
      std::string changes = explain(compared.changes, shown_path(), printer.out());
      printer.result(changes.empty() ? fmt::format("{}: source {} fits\n", file, compared.name)
                                     : fmt::format("{}: source {}\n{}", file, compared.name, changes));
    }
    for (const std::string& each : written_) printer.message(fmt::format("wrote {}: {}\n", file, each));
  }

  void print_json(const std::vector<Error>& refused) const {
    nlohmann::ordered_json json{{"files", crawled_.files}, {"bytes", crawled_.bytes}, {"left_out", crawled_.left_out}};
    json["sources"] = nlohmann::ordered_json::array();
    for (const crawl::FoundSource& found : crawled_.sources) json["sources"].push_back(to_json(found, shown_path()));
    json["others"] = nlohmann::ordered_json::array();
    for (const crawl::Exception& other : crawled_.others) json["others"].push_back(to_json(other));
    if (pipeline_) {
      auto sources = nlohmann::ordered_json::array();
      for (const Compared& compared : compared_) {
        auto changes = nlohmann::ordered_json::array();
        for (const crawl::Change& change : compared.changes) changes.push_back(to_json(change));
        sources.push_back({{"name", compared.name}, {"added", compared.added}, {"changes", std::move(changes)}});
      }
      json["pipeline"] = {{"name", pipeline_->name}, {"sources", std::move(sources)}, {"written", written_}};
      json["errors"] = nlohmann::ordered_json::array();
      for (const Error& error : refused) json["errors"].push_back(segue::to_json(error));
    }
    context_.printer.result_json(json);
  }

  const Options& options_;
  const Context& context_;
  std::filesystem::path here_;
  std::optional<definition::Project> project_;
  std::optional<definition::Pipeline> pipeline_;
  crawl::Crawled crawled_;
  std::vector<Compared> compared_;
  std::vector<std::string> written_;
  double seconds_ = 0;
};

}  // namespace

void add_crawl(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add(
      "crawl",
      {"Find out what files hold, and write sources for them",
       "Looks at a file, the files of a pattern or all below a folder, decides their format, columns and types and "
       "which "
       "of them are one source, and prints the sources as YAML. Why it decided so, and what does not fit, goes to "
       "stderr. With a pipeline, it tells what its sources would have to be; types are never widened unless that is "
       "accepted.",
       {{"segue crawl data/", "all files below a folder"},
        {"segue crawl 'data/*.csv' --sources one", "all of them as one source"},
        {"segue crawl data/plays.tsv --write lastfm", "put the source into pipelines/lastfm/pipeline.yaml"},
        {"segue crawl --against lastfm", "do the files still fit the sources of a pipeline?"},
        {"segue crawl --write lastfm --accept", "and widen the types that do not"}}},
      [options](const Context& context) { return CrawlCommand(*options, context).run(); });
  command
      ->add_option("path", options->path,
                   "A file, a pattern or a folder; without it, the files of --against or --write")
      ->type_name("FILE");
  command->add_option("--name", options->name, "The source's name; of one in the pipeline, that one is compared")
      ->type_name("NAME");
  command
      ->add_option("--sources", options->sources,
                   "What makes a source: auto (default), one (all files), folder (each below the path) or file")
      ->type_name("HOW")
      ->check(CLI::IsMember({"auto", "one", "folder", "file"}));
  command->add_option("--header", options->header, "Whether first rows hold names: auto (default), yes or no")
      ->type_name("WHETHER")
      ->check(CLI::IsMember({"auto", "yes", "no"}));
  command->add_option("--delimiter", options->delimiter, "What is between two values; `tab` for a tab")
      ->type_name("TEXT");
  command->add_option("--quote", options->quote, "What is around values: none, \" or '")
      ->type_name("QUOTE")
      ->check(CLI::IsMember({"none", "\"", "'"}));
  command->add_flag("--whole", options->whole,
                    fmt::format("Read all of each file, not just its first {} KiB", limits::kCrawlBytes >> 10));
  command->add_option("--against", options->against, "Compare with the sources of a pipeline")->type_name("PIPELINE");
  command->add_option("--write", options->write, "The same, and put new sources into its file")->type_name("PIPELINE");
  command->add_flag("--accept", options->accept, "With --write: also change types that values do not fit");
  command->add_option("--threads", options->threads, "How many threads look at files; without it, one a core")
      ->type_name("N")
      ->check(CLI::Range(uint32_t{1}, static_cast<uint32_t>(limits::kThreads)));
}

}  // namespace segue::cli
