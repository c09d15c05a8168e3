#include "tui/live_recording.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "core/os/file.h"
#include "core/store/recording_reader.h"
#include "core/store/recording_series.h"

namespace tidemark {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

struct Candidate {
  int64_t modified_ns = 0;
  std::string path;
};

std::vector<Candidate> recordings_in(const std::string& folder) {
  std::vector<Candidate> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()),
                                                ::closedir);
  while (dir != nullptr) {
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (!name.ends_with(".tmk")) continue;
    const std::string path = folder == "." ? name : folder + "/" + name;
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
      continue;
    }
    const timespec& time = status.st_mtim;
    found.push_back({time.tv_sec * kSecond + time.tv_nsec, path});
  }
  std::ranges::sort(found, std::ranges::greater{}, &Candidate::modified_ns);
  return found;
}

// Reads to the end: only its last record says that a recording is closed.
bool is_open(RecordingReader& reader) {
  if (const auto span = reader.span()) (void)reader.seek(span->second);
  while (reader.next()) {
  }
  return !reader.closed();
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

}  // namespace

Result<std::string> find_live_recording(const std::string& folder,
                                        int64_t realtime_ns) {
  for (const Candidate& candidate : recordings_in(folder)) {
    auto reader = RecordingReader::open(candidate.path);
    if (!reader) continue;
    const int64_t interval =
        std::clamp<int64_t>(reader->info().interval_ns, 0, 3600 * kSecond);
    const int64_t silence = realtime_ns - candidate.modified_ns;
    if (silence > std::max(10 * kSecond, 3 * interval)) continue;
    if (is_open(*reader)) return candidate.path;
  }
  return fail(ErrorKind::not_found,
              "no recording is being written here; start one with "
              "'tidemark record -o run.tmk -- COMMAND', or name one: "
              "'tidemark top run.tmk'");
}

Result<std::string> newest_part(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return path;
  }
  TIDEMARK_TRY(const std::vector<SeriesPart> parts, series_parts(path));
  if (!parts.empty()) return parts.back().path();
  const std::vector<Candidate> others = recordings_in(path);
  if (!others.empty()) return others.front().path;
  return fail(ErrorKind::not_found, path + ": no recording in this folder");
}

std::optional<std::string> find_successor(const std::string& path) {
  const auto own = parse_series_part(path);
  if (!own) return std::nullopt;
  const auto parts =
      series_parts(own->folder.empty() ? std::string(".") : own->folder);
  if (!parts || parts->empty()) return std::nullopt;
  const SeriesPart& last = parts->back();
  if (std::tie(last.begun, last.number) <= std::tie(own->begun, own->number)) {
    return std::nullopt;
  }
  return last.path();
}

bool is_this_boot(const RecordingInfo& info, const std::string& boot_id_path) {
  std::string buffer;
  const auto text = read_file(boot_id_path, buffer);
  if (!text) return false;
  std::array<uint8_t, 16> id{};
  size_t digits = 0;
  for (const char c : *text) {
    const auto digit = hex_digit(c);
    if (!digit || digits >= 32) continue;
    id[digits / 2] = static_cast<uint8_t>(id[digits / 2] << 4 | *digit);
    ++digits;
  }
  return digits == 32 && id == info.boot_id;
}

}  // namespace tidemark
