#include "definition/cases.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/diagnostic.h"
#include "base/utf8.h"

namespace segue::definition {
namespace {

constexpr char kFolder[] = "tests/definition/cases/";

struct Case {
  std::string head;  // all lines up to `<<<`
  std::string name;
  std::map<std::string, std::string> files;
  LoadOptions options;
  std::string expected;
};

std::vector<Case> read_cases(std::istream& stream) {
  std::vector<Case> cases;
  std::string* target = nullptr;  // what lines go to
  for (std::string line; std::getline(stream, line);) {
    std::string_view view = line;
    if (view.starts_with("=== ")) {
      cases.emplace_back();
      cases.back().name = line.substr(4);
      target = nullptr;
    }
    if (cases.empty()) continue;
    Case& last = cases.back();
    if (view == "<<<") {
      target = &last.expected;
      continue;
    }
    if (target != &last.expected) last.head += line + "\n";
    if (view.starts_with(">>> --param ")) {
      std::string param = line.substr(12);
      size_t equals = param.find('=');
      last.options.params[param.substr(0, equals)] = param.substr(equals + 1);
    } else if (view == ">>> --without-values") {
      last.options.without_values = true;
    } else if (view.starts_with(">>> ")) {
      target = &last.files[line.substr(4)];
    } else if (target != nullptr) {
      *target += line + "\n";
    }
  }
  return cases;
}

}  // namespace

ProjectFolder::ProjectFolder() : before_(std::filesystem::current_path()) {
  std::string pattern = std::filesystem::temp_directory_path() / "segue-XXXXXX";
  EXPECT_NE(mkdtemp(pattern.data()), nullptr);
  path_ = std::filesystem::canonical(pattern);
  std::filesystem::current_path(path_);
}

ProjectFolder::~ProjectFolder() {
  std::filesystem::current_path(before_);
  std::error_code problem;
  std::filesystem::remove_all(path_, problem);
}

void ProjectFolder::write(const std::string& file, const std::string& text) const {
  std::filesystem::path path = path_ / file;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream stream(path, std::ios::binary);
  stream << text;
  stream.close();
  ASSERT_TRUE(stream.good()) << path;
}

void load_whatever(const ProjectFolder& folder, const std::string& project, const std::string& pipeline) {
  folder.write("segue.yaml", project);
  folder.write("pipelines/p/pipeline.yaml", pipeline);
  try {
    load_pipeline(load_project("."), "p");
  } catch (const Failure& failure) {
    ASSERT_FALSE(failure.errors().empty());
    const Place* before = nullptr;
    for (const Error& error : failure.errors()) {
      ASSERT_NE(error.code, ErrorCode::kInternal) << error.message;
      ASSERT_FALSE(error.message.empty());
      const Place& place = error.place;
      bool of_project = place.file == "segue.yaml";
      if (!of_project && place.file != "pipelines/p/pipeline.yaml") continue;
      const std::string& text = of_project ? project : pipeline;
      ASSERT_GE(place.line, 1u);
      ASSERT_LE(place.line, static_cast<uint64_t>(std::ranges::count(text, '\n')) + 1);
      ASSERT_GE(place.column, 1u);
      ASSERT_LE(place.column, text.size() + 1);
      if (before != nullptr && before->file == place.file) {
        ASSERT_LE(std::pair(before->line, before->column), std::pair(place.line, place.column))
            << "in the order of the file";
      }
      before = &place;
    }
    ASSERT_EQ(invalid_utf8(render(failure.errors())), std::string::npos);
  }
}

std::string load_and_render(const LoadOptions& options) {
  try {
    Project project = load_project(".", options.without_values);
    load_pipeline(project, "p", options);
    return "fine\n";
  } catch (const Failure& failure) {
    return render(failure.errors());
  }
}

void run_cases(const std::string& file) {
  std::filesystem::path path = std::filesystem::absolute(kFolder + file);
  std::ifstream stream(path);
  ASSERT_TRUE(stream.good()) << path << ": tests run from the root of the repository";
  std::string actual_file;
  std::vector<Case> cases = read_cases(stream);
  ASSERT_FALSE(cases.empty());
  for (Case& each : cases) {
    SCOPED_TRACE(file + ": " + each.name);
    ProjectFolder folder;
    if (each.files.count("segue.yaml") == 0) folder.write("segue.yaml", "");
    for (const auto& [name, text] : each.files) folder.write(name, text);
    std::string actual = load_and_render(each.options);
    while (each.head.ends_with("\n\n")) each.head.pop_back();
    actual_file += (actual_file.empty() ? "" : "\n") + each.head + "<<<\n" + actual;
    if (each.expected.ends_with("\n\n")) each.expected.pop_back();  // the empty line before the next case
    EXPECT_EQ(actual, each.expected);
  }
  if (std::getenv("SEGUE_UPDATE") != nullptr) std::ofstream(path) << actual_file;
}

}  // namespace segue::definition
