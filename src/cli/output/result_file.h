// Where a result is written besides the terminal.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"

namespace segue::cli {

// A file that has its name only once it is whole.
class ResultFile {
 public:
  explicit ResultFile(std::string path)
      : path_(std::move(path)), temporary_(path_ + ".part"), stream_(temporary_, std::ios::binary) {
    require("cannot write");
  }
  ~ResultFile() {
    if (!done_) std::remove(temporary_.c_str());
  }
  ResultFile(const ResultFile&) = delete;
  ResultFile& operator=(const ResultFile&) = delete;

  void write(std::string_view bytes) {
    stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    require("cannot write");
  }
  void finish() {
    stream_.close();
    require("cannot write");
    done_ = std::rename(temporary_.c_str(), path_.c_str()) == 0;
    if (!done_) fail(ErrorCode::kIo, fmt::format("cannot rename {} to {}", temporary_, path_));
  }

 private:
  void require(const char* what) {
    if (stream_) return;
    fail(ErrorCode::kIo, fmt::format("{} {}: {}", what, path_, std::strerror(errno)),
         "is there room, and may you write there?");
  }

  std::string path_;
  std::string temporary_;
  std::ofstream stream_;
  bool done_ = false;
};

}  // namespace segue::cli
