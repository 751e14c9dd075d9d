// Paths as people write them, and as messages show them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace segue::definition {

// True of s3://…, https://… : not a path of this machine.
bool is_url(std::string_view path);

// True of s3://BUCKET and what is below it.
bool is_s3(std::string_view path);

// The path made absolute by `folder`, which is absolute, without `.` and `..`. URLs stay as they are.
std::string absolute_path(const std::filesystem::path& folder, std::string_view path);

// True of http://… and https://….
bool is_web(std::string_view path);

// Where the file of a URL is kept in a project: .segue/cache/<of the URL>/<its last name>.
std::string cached_path(const std::filesystem::path& project, std::string_view url);

// As messages name a file: relative to the working directory if it lies below it, else as it is.
std::string shown_path(const std::filesystem::path& path);

// Throws Failure(kIo) if the working directory is gone.
std::filesystem::path working_directory();

}  // namespace segue::definition
