#include "probes/debug_files.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace tidemark {
namespace {

constexpr uint64_t kLongestLink = 4096;
constexpr uint64_t kLargestChecked = 4ull << 30;

constexpr std::array<uint32_t, 256> make_crc_table() {
  std::array<uint32_t, 256> table = {};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1) != 0 ? value >> 1 ^ 0xedb88320u : value >> 1;
    }
    table[i] = value;
  }
  return table;
}
constexpr auto kCrcTable = make_crc_table();

struct DebugLink {
  std::string name;
  uint32_t checksum = 0;
};

// Name, NUL, padding to 4 bytes, checksum.
std::optional<DebugLink> debug_link(const ElfFile& object) {
  const ElfSection* section = object.section(".gnu_debuglink");
  if (section == nullptr) return std::nullopt;
  const auto bytes = object.read_section(*section, kLongestLink);
  if (!bytes) return std::nullopt;
  DebugLink link;
  link.name = bytes->substr(0, bytes->find('\0'));
  const size_t checksum_at = (link.name.size() + 4) & ~size_t{3};
  // A name, never a path: it may not lead out of the folders.
  if (link.name.empty() || link.name == ".." || link.name.contains('/') ||
      checksum_at + 4 > bytes->size()) {
    return std::nullopt;
  }
  std::memcpy(&link.checksum, bytes->data() + checksum_at, 4);
  return link;
}

Result<ElfFile> open_elf(const std::string& path) {
  // Not blocking: a fifo may stand where a file should.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return fail_errno(path, errno);
  return ElfFile::open(std::move(fd));
}

bool belongs(const ElfFile& object, const ElfFile& debug,
             const DebugLink* link) {
  if (!object.build_id().empty()) {
    return object.build_id() == debug.build_id();
  }
  if (link == nullptr) return false;
  const auto checksum = debuglink_checksum(debug);
  return checksum && *checksum == link->checksum;
}

// The places by build-id, then by link, below one root.
std::vector<std::string> candidates(const ElfFile& object,
                                    const std::string& path,
                                    const DebugPaths& paths,
                                    const DebugLink* link) {
  std::vector<std::string> places;
  const std::string id = format_build_id(object.build_id());
  if (id.size() > 2) {
    for (const std::string& folder : paths.folders) {
      places.push_back(folder + "/.build-id/" + id.substr(0, 2) + "/" +
                       id.substr(2) + ".debug");
    }
  }
  const size_t slash = path.rfind('/');
  if (link == nullptr || slash == path.npos) return places;
  const std::string own_folder = path.substr(0, slash);
  places.push_back(own_folder + "/" + link->name);
  places.push_back(own_folder + "/.debug/" + link->name);
  for (const std::string& folder : paths.folders) {
    places.push_back(folder + own_folder + "/" + link->name);
  }
  return places;
}

}  // namespace

Result<uint32_t> debuglink_checksum(const ElfFile& file) {
  if (file.file_size() > kLargestChecked) {
    return fail(ErrorKind::full, "debug file: too large to check");
  }
  uint32_t crc = ~0u;
  std::string buffer(1u << 18, '\0');
  for (uint64_t at = 0; at < file.file_size();) {
    const uint64_t part =
        std::min<uint64_t>(buffer.size(), file.file_size() - at);
    TIDEMARK_CHECK(file.read(at, {buffer.data(), part}));
    for (size_t i = 0; i < part; ++i) {
      const auto byte = static_cast<unsigned char>(buffer[i]);
      crc = kCrcTable[(crc ^ byte) & 0xff] ^ crc >> 8;
    }
    at += part;
  }
  return ~crc;
}

Result<DebugFile> find_debug_file(const ElfFile& object,
                                  const std::string& path,
                                  const DebugPaths& paths) {
  const auto link = debug_link(object);
  const DebugLink* const known = link ? &*link : nullptr;
  for (const std::string& root : paths.roots) {
    for (const std::string& place : candidates(object, path, paths, known)) {
      auto debug = open_elf(root + place);
      if (debug && belongs(object, *debug, known)) {
        return DebugFile{std::move(*debug), root + place};
      }
    }
  }
  return fail(ErrorKind::not_found, path + ": no debug file");
}

}  // namespace tidemark
