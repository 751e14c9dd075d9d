// Archives made for a test.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <archive.h>
#include <archive_entry.h>

namespace segue::formats {

struct Member {
  std::string name;
  std::string content;
  unsigned type = AE_IFREG;
};

enum class ArchiveKind { kTar, kZip, kEncryptedZip, kStoredZip };

inline std::string pack(ArchiveKind kind, const std::vector<Member>& members) {
  archive* writer = archive_write_new();
  if (kind == ArchiveKind::kTar) {
    archive_write_set_format_pax_restricted(writer);
  } else {
    archive_write_set_format_zip(writer);
    if (kind == ArchiveKind::kStoredZip) archive_write_zip_set_compression_store(writer);
    if (kind == ArchiveKind::kEncryptedZip) {
      archive_write_set_options(writer, "zip:encryption=traditional");
      archive_write_set_passphrase(writer, "secret");
    }
  }
  archive_write_set_bytes_in_last_block(writer, 1);  // nothing behind the archive
  std::string packed;
  auto write = [](archive*, void* to, const void* bytes, size_t count) -> la_ssize_t {
    static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), count);
    return static_cast<la_ssize_t>(count);
  };
  if (archive_write_open(writer, &packed, nullptr, write, nullptr) != ARCHIVE_OK) std::abort();
  for (const Member& member : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_filetype(entry, member.type);
    archive_entry_set_perm(entry, 0644);
    if (member.type == AE_IFLNK) {
      archive_entry_set_symlink(entry, member.content.c_str());
    } else {
      archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
    }
    if (archive_write_header(writer, entry) != ARCHIVE_OK) std::abort();
    if (member.type == AE_IFREG && !member.content.empty() &&
        archive_write_data(writer, member.content.data(), member.content.size()) < 0)
      std::abort();
    archive_entry_free(entry);
  }
  if (archive_write_close(writer) != ARCHIVE_OK) std::abort();
  archive_write_free(writer);
  return packed;
}

inline std::string tar(const std::vector<Member>& members) { return pack(ArchiveKind::kTar, members); }
inline std::string zip(const std::vector<Member>& members) { return pack(ArchiveKind::kZip, members); }

}  // namespace segue::formats
