// An S3 of its own for a test: tests/s3/server.py, which tells what it can do. While it lives, the environment
// names it and the credentials that it accepts.
#pragma once

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace segue::storage {

// The folder of its Python, made once; it lies beside the other libraries that are not ours.
inline std::string s3_server_folder() {
  std::string path = ".deps/s3-server";
  std::string wanted = "tests/s3/requirements.txt";
  std::string install = fmt::format(
      "flock {0}.lock sh -c 'cmp -s {1} {0}/requirements.txt || (python3 -m venv --clear {0} && "
      "{0}/bin/pip --quiet install --requirement {1} && cp {1} {0}/)'",
      path, wanted);
  if (std::system(install.c_str()) != 0) throw std::runtime_error("cannot install the S3 server");
  return path;
}

class S3Server {
 public:
  S3Server() {
    std::string python = s3_server_folder() + "/bin/python";
    for (const char* name : {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_S3"})
      unsetenv(name);
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    process_ = fork();
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(in[0], STDIN_FILENO);
      dup2(out[1], STDOUT_FILENO);
      execl(python.c_str(), python.c_str(), "tests/s3/server.py", nullptr);
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    input_ = in[1];
    FILE* output = fdopen(out[0], "r");
    if (std::fscanf(output, "%d", &port_) != 1) throw std::runtime_error("the S3 server does not start");
    std::fclose(output);
    for (const auto& [name, value] : environment()) setenv(name.c_str(), value.c_str(), 1);
  }
  ~S3Server() {
    close(input_);
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  S3Server(const S3Server&) = delete;
  S3Server& operator=(const S3Server&) = delete;

  std::string endpoint() const { return fmt::format("http://127.0.0.1:{}", port_); }
  std::map<std::string, std::string> environment() const {
    return {{"AWS_ENDPOINT_URL", endpoint()},  {"AWS_REGION", "us-east-1"},
            {"AWS_ACCESS_KEY_ID", "test-key"}, {"AWS_SECRET_ACCESS_KEY", "test-secret"},
            {"AWS_CONFIG_FILE", "/dev/null"},  {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"}};
  }

  // Requests with this method and a path like that fail: the first ones, or all (-1).
  void fail(const std::string& kind, int first, const std::string& method = {}, const std::string& path = {}) const {
    nlohmann::json order{{"kind", kind}, {"first", first}, {"path", path}};
    if (!method.empty()) order["method"] = method;
    control("/_faults", order);
  }
  void heal() const { fail("none", 0); }
  // Requests since the last fail() or heal(), and those of them that failed.
  int requests() const { return control("/_count", {}).at("requests"); }
  int failed() const { return control("/_count", {}).at("failed"); }
  void age(const std::string& key, int seconds) const { control("/_age", {{"key", key}, {"seconds", seconds}}); }

 private:
  nlohmann::json control(const std::string& path, const nlohmann::json& body) const {
    std::string text = body.dump(), answer, url = endpoint() + path;
    CURL* curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text.c_str());
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(
        curl, CURLOPT_WRITEFUNCTION, +[](char* data, size_t one, size_t count, void* to) {
          static_cast<std::string*>(to)->append(data, one * count);
          return one * count;
        });
    CURLcode code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK) throw std::runtime_error(curl_easy_strerror(code));
    return nlohmann::json::parse(answer);
  }

  pid_t process_ = -1;
  int input_ = -1;
  int port_ = 0;
};

}  // namespace segue::storage
