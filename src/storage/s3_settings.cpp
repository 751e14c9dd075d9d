#include "storage/s3_settings.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace segue::storage {
namespace {

constexpr const char* kOtherWays =
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE with a profile in ~/.aws/credentials";

S3Choice& chosen() {
  static S3Choice choice;
  return choice;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

std::string first_of(std::initializer_list<std::string> texts) {
  for (const std::string& text : texts)
    if (!text.empty()) return text;
  return {};
}

std::string trimmed(const std::string& text) {
  size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

// A file of AWS's tools: "[name]" begins a section, "key = value" stands in it, an indented line belongs to the one
// before, '#' and ';' begin comments.
class ProfileFile {
 public:
  ProfileFile(const char* named_by, const std::string& usual) : path_(variable(named_by)) {
    bool named = !path_.empty();
    std::string home = variable("HOME");
    if (!named && home.empty()) return;
    if (!named) path_ = home + usual;
    shown_ = named ? path_ : "~" + usual;
    errno = 0;
    std::ifstream file(path_);
    if (!file) {
      if (errno == ENOENT || errno == ENOTDIR) return;
      fail(ErrorCode::kIo, fmt::format("cannot read {}: {}", shown_, std::generic_category().message(errno)),
           kOtherWays);
    }
    std::string line, section;
    while (std::getline(file, line)) {
      bool indented = line.starts_with(' ') || line.starts_with('\t');
      line = trimmed(line);
      if (line.empty() || line[0] == '#' || line[0] == ';' || indented) continue;
      if (line.front() == '[' && line.find(']') != std::string::npos) {
        section = trimmed(line.substr(1, line.find(']') - 1));
        sections_[section];
      } else if (size_t equals = line.find('='); equals != std::string::npos) {
        sections_[section][trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
      }
    }
  }

  const std::string& shown() const { return shown_; }
  bool has(const std::string& section) const { return sections_.contains(section); }
  std::string value(const std::string& section, const std::string& key) const {
    auto found = sections_.find(section);
    if (found == sections_.end()) return {};
    auto value = found->second.find(key);
    return value == found->second.end() ? std::string() : value->second;
  }

 private:
  std::string path_;
  std::string shown_;
  std::map<std::string, std::map<std::string, std::string>> sections_;
};

// The files that a profile may be in.
struct Profile {
  std::string name = first_of({chosen().profile, variable("AWS_PROFILE"), variable("AWS_DEFAULT_PROFILE"), "default"});
  bool asked_for = name != "default";
  std::string in_config = name == "default" ? name : "profile " + name;
  ProfileFile credentials{"AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"};
  ProfileFile config{"AWS_CONFIG_FILE", "/.aws/config"};

  std::string value(const char* key) const {
    return first_of({credentials.value(name, key), config.value(in_config, key)});
  }
  bool exists() const { return credentials.has(name) || config.has(in_config); }
};

[[noreturn]] void fail_without_credentials(const Profile& profile, const std::string& address) {
  if (!profile.exists()) {
    if (!profile.asked_for) fail(ErrorCode::kIo, fmt::format("there are no credentials for {}", address), kOtherWays);
    fail(ErrorCode::kIo,
         fmt::format("there are no credentials for {}: no profile `{}` in {} or {}", address, profile.name,
                     profile.credentials.shown(), profile.config.shown()),
         "name another with AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }
  fail(ErrorCode::kIo,
       fmt::format("there are no credentials for {}: profile `{}` has no aws_access_key_id with its "
                   "aws_secret_access_key",
                   address, profile.name),
       fmt::format("of single sign-on, roles and the like, the AWS command line makes some: eval \"$(aws configure "
                   "export-credentials --profile {} --format env)\"",
                   profile.name));
}

}  // namespace

void choose_s3(S3Choice choice) { chosen() = std::move(choice); }

S3Settings find_s3_settings(const std::string& address) {
  Profile profile;
  S3Settings settings;
  if (chosen().profile.empty()) {
    settings.access_key = variable("AWS_ACCESS_KEY_ID");
    settings.secret_key = variable("AWS_SECRET_ACCESS_KEY");
  }
  if (settings.access_key.empty() != settings.secret_key.empty())
    fail(ErrorCode::kIo,
         fmt::format("there are no credentials for {}: of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set",
                     address),
         "set both, or none to use a profile of ~/.aws/credentials");
  if (!settings.access_key.empty()) {
    settings.session_token = variable("AWS_SESSION_TOKEN");
    settings.origin = "AWS_ACCESS_KEY_ID of the environment";
  } else {
    settings.access_key = profile.value("aws_access_key_id");
    settings.secret_key = profile.value("aws_secret_access_key");
    settings.session_token = profile.value("aws_session_token");
    settings.origin = fmt::format("profile `{}`", profile.name);
    if (settings.access_key.empty() || settings.secret_key.empty()) fail_without_credentials(profile, address);
  }
  settings.region = first_of(
      {chosen().region, variable("AWS_REGION"), variable("AWS_DEFAULT_REGION"), profile.value("region"), "us-east-1"});
  settings.endpoint = first_of({chosen().endpoint, variable("AWS_ENDPOINT_URL_S3"), variable("AWS_ENDPOINT_URL"),
                                profile.value("endpoint_url")});
  while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  if (!settings.endpoint.empty() && !settings.endpoint.starts_with("http://") &&
      !settings.endpoint.starts_with("https://"))
    fail(ErrorCode::kIo, fmt::format("the endpoint of S3 is no URL: {}", settings.endpoint),
         "write AWS_ENDPOINT_URL as http://HOST:PORT or https://HOST");
  return settings;
}

}  // namespace segue::storage
