#include "core/store/recording_series.h"

#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <memory>
#include <tuple>

namespace tidemark {
namespace {

constexpr std::string_view kSuffix = ".tmk";
constexpr size_t kBegunLength = 16;  // 20261121T070725Z

bool is_begun(std::string_view text) {
  if (text.size() != kBegunLength || text[8] != 'T' || text[15] != 'Z') {
    return false;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 15) continue;
    if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

std::string utc_name(int64_t realtime_ns) {
  const std::time_t seconds = realtime_ns / 1'000'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 32> name{};
  std::strftime(name.data(), name.size(), "%Y%m%dT%H%M%SZ", &utc);
  return name.data();
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

}  // namespace

std::string SeriesPart::path() const {
  const std::string name = fmt::format("{}-{:04}{}", begun, number, kSuffix);
  return folder.empty() ? name : folder + "/" + name;
}

std::optional<SeriesPart> parse_series_part(std::string_view path) {
  const size_t slash = path.rfind('/');
  std::string_view name = path;
  SeriesPart part;
  if (slash != std::string_view::npos) {
    part.folder = path.substr(0, slash);
    if (part.folder.empty()) part.folder = "/";
    name = path.substr(slash + 1);
  }
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  if (name.size() < kBegunLength + 5 || name[kBegunLength] != '-' ||
      !is_begun(name.substr(0, kBegunLength))) {
    return std::nullopt;
  }
  part.begun = name.substr(0, kBegunLength);
  const std::string_view digits = name.substr(kBegunLength + 1);
  const auto [end, error] = std::from_chars(
      digits.data(), digits.data() + digits.size(), part.number);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return part;
}

std::optional<std::string> next_part(const std::string& path) {
  const auto part = parse_series_part(path);
  if (!part) return std::nullopt;
  std::string next = part->next().path();
  if (!exists(next)) return std::nullopt;
  return next;
}

SeriesPart first_part(const std::string& folder, int64_t realtime_ns) {
  constexpr int64_t kSecond = 1'000'000'000;
  SeriesPart part{folder, utc_name(realtime_ns), 1};
  // Restarted within a second, or the wall clock was set back.
  while (exists(part.path())) {
    realtime_ns += kSecond;
    part.begun = utc_name(realtime_ns);
  }
  return part;
}

Result<std::vector<SeriesPart>> series_parts(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()),
                                                      ::closedir);
  if (directory == nullptr) return fail_errno(folder, errno);
  std::vector<SeriesPart> parts;
  while (const dirent* entry = ::readdir(directory.get())) {
    auto part = parse_series_part(folder + "/" + entry->d_name);
    if (part) parts.push_back(std::move(*part));
  }
  std::ranges::sort(parts, {}, [](const SeriesPart& part) {
    return std::tie(part.begun, part.number);
  });
  return parts;
}

}  // namespace tidemark
