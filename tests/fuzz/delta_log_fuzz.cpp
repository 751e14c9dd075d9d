// The log of a table: the files of its versions, apart by lines "=".
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "fuzz/fuzz.h"
#include "lake/delta_log.h"
#include "lake/lake.h"

namespace segue::fuzz {
namespace {

// A lake of one table, read only.
class LogStore final : public storage::Store {
 public:
  explicit LogStore(std::vector<std::string> versions) : versions_(std::move(versions)) {}

  const std::string& root() const override { return root_; }
  std::vector<storage::Listed> list(const std::string& folder) const override {
    std::vector<storage::Listed> listed;
    if (folder != "p/s/_delta_log") return listed;
    for (size_t version = 0; version < versions_.size(); ++version) {
      std::string path = lake::entry_path("p/s", static_cast<int64_t>(version));
      listed.push_back({path.substr(path.rfind('/') + 1), false, versions_[version].size()});
    }
    return listed;
  }
  std::optional<std::string> read(const std::string& path) const override {
    for (size_t version = 0; version < versions_.size(); ++version)
      if (path == lake::entry_path("p/s", static_cast<int64_t>(version))) return versions_[version];
    return std::nullopt;
  }

  std::vector<std::unique_ptr<storage::PendingFile>> prepare(const std::vector<storage::FileContent>&) override {
    refuse();
  }
  void put(const std::string&, const std::string&) override { refuse(); }
  std::shared_ptr<arrow::io::OutputStream> create(const std::string&) override { refuse(); }
  void sync(const std::vector<std::string>&) override { refuse(); }
  void remove(const std::string&) override { refuse(); }
  std::unique_ptr<storage::Lock> try_lock(const std::string&, const std::string&) override { refuse(); }
  void create_outside(const std::string&, const std::function<void(const storage::WritePiece&)>&) override { refuse(); }
  void rename_outside(const std::string&, const std::string&) override { refuse(); }
  void remove_outside(const std::string&) override { refuse(); }

 private:
  [[noreturn]] static void refuse() { fail(ErrorCode::kInternal, "reading a log writes nothing"); }
  const std::string root_ = "/lake";
  const std::vector<std::string> versions_;
};

}  // namespace

void run(std::string_view input) {
  std::vector<std::string> versions;
  while (true) {
    size_t end = input.find("\n=\n");
    versions.emplace_back(input.substr(0, end));
    if (end == std::string_view::npos) break;
    input.remove_prefix(end + 3);
  }
  try {
    // What is read and written again reads the same.
    for (const std::string& version : versions) {
      std::string printed = lake::print_entry(lake::parse_entry(version, "file"));
      EXPECT_EQ(lake::print_entry(lake::parse_entry(printed, "file")), printed);
    }
    lake::Lake lake(std::make_shared<LogStore>(versions));
    auto table = lake.find({"p", "s"});
    ASSERT_TRUE(table.has_value());
    EXPECT_EQ(static_cast<size_t>(table->version) + 1, versions.size());
    EXPECT_EQ(lake::from_schema(lake::to_schema(table->fields), "p.s"), table->fields);
    EXPECT_EQ(lake.history({"p", "s"}).front().files, table->files.size());
  } catch (const Failure& failure) {
    EXPECT_TRUE(failure.error().code == ErrorCode::kIo) << failure.what();
  }
}

}  // namespace segue::fuzz
