// What is the same for all stores.
#include "storage/store.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "storage/s3_client.h"
#include "storage/s3_store.h"

namespace segue::storage {
namespace {

void list_below(const Store& store, const std::string& folder, const std::string& below, std::vector<Listed>& found) {
  for (Listed& listed : store.list(below.empty() ? folder : folder + "/" + below)) {
    std::string path = below.empty() ? listed.name : below + "/" + listed.name;
    if (listed.folder) {
      list_below(store, folder, path, found);
    } else {
      listed.name = std::move(path);
      found.push_back(std::move(listed));
    }
  }
}

}  // namespace

bool Store::put_if_absent(const std::string& path, const std::string& content) {
  if (!prepare({{path, content}}).front()->commit()) return false;
  sync({path});
  return true;
}

std::vector<Listed> Store::list_all(const std::string& folder) const {
  std::vector<Listed> found;
  list_below(*this, folder, "", found);
  std::ranges::sort(found, {}, &Listed::name);
  return found;
}

std::vector<std::optional<std::string>> Store::read_all(const std::vector<std::string>& paths) const {
  std::vector<std::optional<std::string>> contents;
  contents.reserve(paths.size());
  for (const std::string& path : paths) contents.push_back(read(path));
  return contents;
}

std::shared_ptr<Store> open_store(const std::string& root, const Cancellation* cancellation) {
  std::optional<S3Address> address = parse_s3_address(root);
  return address ? open_s3(s3_client(address->bucket), address->key, cancellation) : open_local(root);
}

std::string temporary_beside(const std::string& path, const std::string& tag) { return path + "." + tag + ".tmp"; }

std::string unique_id() {
  std::random_device device;
  uint32_t words[4] = {device(), device(), device(), device()};
  words[1] = (words[1] & 0xFFFF0FFFu) | 0x4000u;      // version 4
  words[2] = (words[2] & 0x3FFFFFFFu) | 0x80000000u;  // the variant of RFC 9562
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", words[0], words[1] >> 16, words[1] & 0xFFFF,
                     words[2] >> 16, words[2] & 0xFFFF, words[3]);
}

}  // namespace segue::storage
