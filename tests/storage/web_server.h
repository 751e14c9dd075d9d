// The web server of tests/storage/web/server.py, with a folder of its own.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace segue {

class WebServer {
 public:
  WebServer() {
    std::string name = (std::filesystem::temp_directory_path() / "segue-web-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    start();
  }
  ~WebServer() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  std::string url(const std::string& name) const { return "http://127.0.0.1:" + port_ + "/" + name; }
  // What the server has under a name, and how it behaves then.
  void serve(const std::string& name, const std::string& content,
             const nlohmann::json& how = nlohmann::json::object()) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    behave(name, how);
  }
  void behave(const std::string& name, const nlohmann::json& how) {
    std::ofstream(folder_ / (name + ".json")) << how.dump();
  }
  std::vector<nlohmann::json> requests() const {
    std::vector<nlohmann::json> lines;
    std::ifstream log(folder_ / "log");
    for (std::string line; std::getline(log, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }
  // From now on nobody answers.
  void stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  void start() {
    int pipe_ends[2];
    if (::pipe(pipe_ends) != 0) std::abort();
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(pipe_ends[1], 1);
      ::execlp("python3", "python3", "tests/storage/web/server.py", folder_.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(pipe_ends[1]);
    FILE* out = ::fdopen(pipe_ends[0], "r");
    char line[32] = {};
    if (std::fgets(line, sizeof line, out) == nullptr) std::abort();
    std::fclose(out);
    port_ = std::to_string(std::atoi(line));
  }

  std::filesystem::path folder_;
  pid_t process_ = 0;
  std::string port_;
};

}  // namespace segue
