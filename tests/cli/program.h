// Runs the built program as its users do: in a process of its own, in a project of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace segue::cli {

struct Outcome {
  int code = 0;  // its exit code; 128 + the signal that ended it
  std::string out;
  std::string err;
};

struct Call {
  std::vector<std::string> arguments;
  std::filesystem::path folder;                    // its working directory
  std::string input;                               // its stdin
  std::map<std::string, std::string> environment;  // besides PATH, HOME and COLUMNS=120
  std::optional<uint64_t> file_bytes = {};         // the most that a file it writes may have
};

Outcome call(const Call& call);

// A child that is still running.
class Child {
 public:
  explicit Child(const Call& call);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  void send(int signal) const;
  bool running();
  // Waits for its end.
  Outcome wait();

 private:
  int process_ = -1;
  bool ended_ = false;
  int status_ = 0;
  std::filesystem::path out_;
  std::filesystem::path err_;
};

// A folder that is removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A project with the lastfm pipeline of this repository, and the small plays.tsv and users.tsv of tests/cli/data in its
// data/.
class Project {
 public:
  Project();
  const std::filesystem::path& folder() const { return folder_.path(); }
  Outcome segue(std::vector<std::string> arguments, std::string input = {}) const;
  void write(const std::filesystem::path& path, const std::string& text) const;
  std::string read(const std::filesystem::path& path) const;

 private:
  TemporaryFolder folder_;
};

// The root of the repository, from which tests are run.
std::filesystem::path repository();

// ../shared/data or what SEGUE_DATA names; empty if it is not there.
std::filesystem::path shared_data();

}  // namespace segue::cli
