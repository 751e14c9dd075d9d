// A project in a temporary folder, and what tests ask of it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "runs/run.h"

namespace segue::runs {

class ProjectFolder {
 public:
  ProjectFolder();
  ~ProjectFolder();
  ProjectFolder(const ProjectFolder&) = delete;
  ProjectFolder& operator=(const ProjectFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path lake() const { return path_ / "lake"; }

  // Makes or replaces a file below the folder, with its folders.
  void write(const std::string& file, const std::string& text) const;
  std::string read(const std::string& file) const;

  // pipelines/p/pipeline.yaml
  void write_pipeline(const std::string& yaml) const { write("pipelines/p/pipeline.yaml", yaml); }
  definition::Pipeline pipeline() const;
  // "line:column message" of every mistake that prepare() finds in it.
  std::vector<std::string> mistakes() const;

  struct Ask {
    std::string pipeline = "p";
    bool duckdb = false;
    bool full = false;
    std::vector<std::string> select;
    std::string version = "test";  // of the program
    uint32_t threads = 2;
    uint64_t memory = 0;  // bytes; 0: as by default
    const Cancellation* cancellation = nullptr;
    RunObserver* observer = nullptr;
  };
  RunResult run() const { return run(Ask{}); }
  RunResult run(const Ask& ask) const;

  // The rows of p.step as DuckDB prints them, sorted: "a|1", …; {"no table"} if there is none.
  std::vector<std::string> rows(const std::string& step) const;
  // What all tables of the lake hold: full name -> version and rows.
  std::map<std::string, std::vector<std::string>> tables() const;
  // Files below the lake that no version of a table names and that no reader needs: orphans, temporary files, markers.
  std::vector<std::string> leftovers() const;

 private:
  std::filesystem::path path_;
};

}  // namespace segue::runs
