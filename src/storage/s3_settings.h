// Who we are for S3, and where it is: as the AWS command line finds it.
//
//   credentials  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; else the profile that AWS_PROFILE names
//                (`default`) in ~/.aws/credentials or ~/.aws/config (or the files that AWS_SHARED_CREDENTIALS_FILE and
//                AWS_CONFIG_FILE name)
//   region       AWS_REGION, AWS_DEFAULT_REGION, `region` of the profile; else us-east-1, until the bucket's answer
//                names its own
//   endpoint     AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, `endpoint_url` of the profile; else Amazon's
#pragma once

#include <string>

namespace segue::storage {

struct S3Settings {
  std::string access_key;
  std::string secret_key;     // never in a message
  std::string session_token;  // likewise; or empty
  std::string region;
  std::string endpoint;  // "http://127.0.0.1:5000", without a slash at its end; empty: Amazon's
  std::string origin;  // of the credentials, for messages: "AWS_ACCESS_KEY_ID", "profile `work` in ~/.aws/credentials"
  bool operator==(const S3Settings&) const = default;
};

// What is said instead of what is found, for the whole process: by a project. What is empty is found. A profile that is
// named here goes before credentials in the environment. Called before S3 is first used.
struct S3Choice {
  std::string endpoint;
  std::string region;
  std::string profile;
};
void choose_s3(S3Choice choice);

// `address` is what they are needed for. Throws Failure(kIo) if there are no credentials, or a file of them cannot be
// read; what is written in a file is not in the message.
S3Settings find_s3_settings(const std::string& address);

}  // namespace segue::storage
