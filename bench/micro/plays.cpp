#include "plays.h"

#include <fstream>
#include <string>

#include <unistd.h>

#include "generate/lastfm.h"

namespace segue::bench {

const Plays& Plays::get() {
  static const Plays plays;
  return plays;
}

Plays::Plays() : folder_(std::filesystem::temp_directory_path() / ("segue-bench-" + std::to_string(getpid()))) {
  std::filesystem::create_directory(folder_);
  file_ = folder_ / "plays.tsv";
  Cancellation cancellation;
  Workers workers(2, cancellation);
  generate::generate_lastfm({.rows = kPlays, .users = 10}, file_, {}, workers, nullptr);
  block_ = Block(std::filesystem::file_size(file_));
  std::ifstream(file_, std::ios::binary)
      .read(reinterpret_cast<char*>(block_.data()), static_cast<std::streamsize>(block_.bytes()));
  split();
}

Plays::~Plays() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Plays::split() {
  uint32_t begin = 0;
  size_t column = 0;
  for (uint32_t at = 0; at < text().size(); ++at) {
    if (text()[at] != '\t' && text()[at] != '\n') continue;
    begins_[column].push_back(begin);
    lengths_[column].push_back(at - begin);
    begin = at + 1;
    column = (column + 1) % kFields;
  }
}

TextFields Plays::fields(size_t column) const {
  return {.base = text().data(),
          .begins = begins_[column].data(),
          .lengths = lengths_[column].data(),
          .rows = begins_[column].size()};
}

}  // namespace segue::bench
