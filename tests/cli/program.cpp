#include "cli/program.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace segue::cli {
namespace {

namespace fs = std::filesystem;

std::string read_whole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

int open_or_die(const fs::path& path, int flags) {
  int fd = open(path.c_str(), flags, 0600);
  if (fd < 0) std::abort();
  return fd;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "segue_cli_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) std::abort();
  path_ = fs::canonical(name);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  fs::remove_all(path_, error);
}

Child::Child(const Call& call) {
  static int number = 0;
  fs::path base =
      fs::temp_directory_path() / ("segue_child_" + std::to_string(getpid()) + "_" + std::to_string(++number));
  out_ = base.string() + ".out";
  err_ = base.string() + ".err";
  fs::path in = base.string() + ".in";
  std::ofstream(in, std::ios::binary) << call.input;

  std::vector<std::string> arguments = {SEGUE_PROGRAM};
  arguments.insert(arguments.end(), call.arguments.begin(), call.arguments.end());
  auto environment = call.environment;
  for (const char* name : {"PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH"})
    if (const char* value = std::getenv(name)) environment.emplace(name, value);
  environment.emplace("COLUMNS", "120");
  std::vector<std::string> settings;
  for (const auto& [name, value] : environment) settings.push_back(name + "=" + value);
  std::vector<char*> argv, envp;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  for (std::string& setting : settings) envp.push_back(setting.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);

  process_ = fork();
  if (process_ < 0) std::abort();
  if (process_ == 0) {
    if (!call.folder.empty() && chdir(call.folder.c_str()) != 0) _exit(126);
    dup2(open_or_die(in, O_RDONLY), STDIN_FILENO);
    dup2(open_or_die(out_, O_WRONLY | O_CREAT | O_TRUNC), STDOUT_FILENO);
    dup2(open_or_die(err_, O_WRONLY | O_CREAT | O_TRUNC), STDERR_FILENO);
    if (call.file_bytes) {
      rlimit limit{*call.file_bytes, *call.file_bytes};
      if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(126);
    }
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
}

Child::~Child() {
  if (!ended_) {
    send(SIGKILL);
    wait();
  }
}

void Child::send(int signal) const { kill(process_, signal); }

bool Child::running() {
  if (ended_) return false;
  ended_ = waitpid(process_, &status_, WNOHANG) == process_;
  return !ended_;
}

Outcome Child::wait() {
  if (!ended_) waitpid(process_, &status_, 0);
  ended_ = true;
  Outcome outcome;
  outcome.code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  outcome.out = read_whole(out_);
  outcome.err = read_whole(err_);
  std::error_code error;
  fs::remove(out_, error);
  fs::remove(err_, error);
  fs::path in = out_;
  fs::remove(in.replace_extension(".in"), error);
  return outcome;
}

Outcome call(const Call& call) { return Child(call).wait(); }

Project::Project() {
  fs::path root = repository();
  fs::copy(root / "segue.yaml", folder() / "segue.yaml");
  fs::create_directories(folder() / "pipelines");
  fs::copy(root / "pipelines/lastfm", folder() / "pipelines/lastfm", fs::copy_options::recursive);
  fs::copy(root / "tests/cli/data", folder() / "data", fs::copy_options::recursive);
}

Outcome Project::segue(std::vector<std::string> arguments, std::string input) const {
  return call({std::move(arguments), folder(), std::move(input), {}});
}

void Project::write(const fs::path& path, const std::string& text) const {
  fs::create_directories((folder() / path).parent_path());
  std::ofstream(folder() / path, std::ios::binary) << text;
}

std::string Project::read(const fs::path& path) const { return read_whole(folder() / path); }

fs::path repository() { return fs::current_path(); }

fs::path shared_data() {
  const char* named = std::getenv("SEGUE_DATA");
  fs::path folder = named != nullptr ? fs::path(named) : repository() / "../shared/data";
  std::error_code error;
  return fs::is_directory(folder, error) ? fs::canonical(folder) : fs::path();
}

}  // namespace segue::cli
