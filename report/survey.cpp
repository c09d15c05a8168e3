#include "report/survey.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace tidemark {
namespace {

void take_frame(Survey& survey, const Frame& frame) {
  ++(frame.kind == FrameKind::edge ? survey.edges : survey.ticks);
  if (!frame.complete) ++survey.incomplete;
  for (const Column& column : frame.columns) {
    survey.readings[column.metric] +=
        static_cast<int64_t>(column.values.size());
  }
}

void take(Survey& survey, const RecordingItem& item) {
  if (item.frame != nullptr) take_frame(survey, *item.frame);
  if (item.chapter_begin) ++survey.chapters;
  if (item.events != nullptr) {
    survey.events += static_cast<int64_t>(item.events->size());
    for (const Event& event : *item.events) survey.phases.apply(event);
  }
  if (item.gap != nullptr) {
    ++survey.gaps;
    survey.missing_ticks += item.gap->ticks;
  }
}

size_t named_addresses(const StackTable& stacks) {
  return static_cast<size_t>(std::ranges::count_if(
      stacks.names(), [](const auto& entry) { return !entry.second.empty(); }));
}

}  // namespace

Result<Survey> survey(const std::string& path) {
  TIDEMARK_TRY(RecordingReader reader, RecordingReader::open(path));
  Survey survey;
  survey.path = path;
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) survey.file_bytes = status.st_size;
  bool is_first = true;
  while (const auto item = reader.next()) {
    if (std::exchange(is_first, false)) survey.begin = item->time;
    survey.begin = std::min(survey.begin, item->time);
    survey.end = std::max(survey.end, item->time);
    take(survey, *item);
  }
  survey.info = reader.info();
  survey.dictionary = reader.dictionary();
  const StackTable& stacks = reader.stacks();
  survey.stacks = stacks.stacks().size();
  survey.modules = stacks.modules().size();
  survey.named = named_addresses(stacks);
  survey.damages = reader.damages();
  survey.closed = reader.closed();
  return survey;
}

Result<std::vector<std::string>> recordings_in(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error || !fs::exists(status)) {
    return fail_errno(path, error ? error.value() : ENOENT);
  }
  if (!fs::is_directory(status)) return std::vector<std::string>{path};
  std::vector<std::string> found;
  fs::directory_iterator entries(path, error);
  if (error) return fail_errno(path, error.value());
  while (entries != fs::directory_iterator()) {
    const fs::path& entry = entries->path();
    if (entry.extension() == ".tmk") found.push_back(entry.string());
    entries.increment(error);
    if (error) return fail_errno(path, error.value());
  }
  std::ranges::sort(found);
  return found;
}

std::string format_utc(int64_t unix_ns) {
  using std::chrono::floor;
  using std::chrono::seconds;
  const std::chrono::sys_time<Nanoseconds> time{Nanoseconds(unix_ns)};
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(floor<seconds>(time - day));
  return fmt::format(
      "{:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string format_uuid(const std::array<uint8_t, 16>& uuid) {
  std::string text;
  for (size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", uuid[i]);
  }
  return text;
}

}  // namespace tidemark
