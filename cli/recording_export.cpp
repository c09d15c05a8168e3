#include "cli/recording_export.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "core/analysis/phases.h"
#include "core/base/text.h"
#include "core/store/recording_reader.h"
#include "core/store/recording_series.h"
#include "core/store/recording_writer.h"
#include "daemon/open_marks.h"

namespace tidemark {
namespace {

// One part, as far as choosing needs to know it.
struct Part {
  std::string path;
  std::string life;  // which daemon wrote it
  BootTime begin, end;
  ClockAnchor anchor;

  int64_t begin_unix() const { return anchor.realtime_at(begin); }
  int64_t end_unix() const { return anchor.realtime_at(end); }
};

Result<std::vector<std::string>> paths_of(const std::string& source) {
  struct stat status{};
  if (::stat(source.c_str(), &status) != 0) return fail_errno(source, errno);
  if (!S_ISDIR(status.st_mode)) return std::vector<std::string>{source};
  TIDEMARK_TRY(const auto parts, series_parts(source));
  std::vector<std::string> paths;
  for (const SeriesPart& part : parts) paths.push_back(part.path());
  if (paths.empty()) {
    return fail(ErrorKind::not_found,
                source + ": no recording of a service (DATE-NUMBER.tmk) here");
  }
  return paths;
}

Result<std::vector<Part>> read_parts(const std::string& source) {
  TIDEMARK_TRY(const auto paths, paths_of(source));
  std::vector<Part> parts;
  for (const std::string& path : paths) {
    TIDEMARK_TRY(auto reader, RecordingReader::open(path));
    const auto span = reader.span();
    if (!span) continue;  // it holds nothing yet
    const auto named = parse_series_part(path);
    parts.push_back({path, named ? named->begun : path, span->first,
                     span->second, reader.info().anchor});
  }
  if (parts.empty()) {
    return fail(ErrorKind::not_found, source + ": nothing is recorded yet");
  }
  return parts;
}

// What is to be exported, on the clock of the marks and ticks themselves: wall
// times of one instant differ between two parts, whose anchors were read apart.
struct Choice {
  std::vector<Part> parts;  // of one life
  BootTime from = boot_time(0), to = boot_time(INT64_MAX);
};

bool overlaps(const Part& part, BootTime from, BootTime to) {
  return part.end >= from && part.begin <= to;
}

// The newest run of this name, by its marks alone.
Result<Choice> choose_run(const std::vector<Part>& parts,
                          const std::string& name) {
  std::optional<Run> found;
  std::string life, found_life;
  PhaseTracker phases;
  for (const Part& part : parts) {
    if (part.life != life) phases = PhaseTracker();
    life = part.life;
    TIDEMARK_TRY(auto reader, RecordingReader::open(part.path));
    while (const auto item = reader.next()) {
      if (item->events == nullptr) continue;
      for (const Event& event : *item->events) phases.apply(event);
    }
    for (const Run& run : phases.runs()) {
      if (run.name != name) continue;
      found = run;
      found_life = life;
    }
  }
  if (!found) {
    return fail(ErrorKind::usage, "no run has the name '" + name + "'");
  }
  Choice choice;
  choice.from = found->begin;
  if (!found->open) choice.to = found->end;
  std::ranges::copy_if(parts, std::back_inserter(choice.parts),
                       [&](const Part& part) {
                         return part.life == found_life &&
                                overlaps(part, choice.from, choice.to);
                       });
  return choice;
}

struct Range {
  int64_t from = INT64_MIN, to = INT64_MAX;  // since 1970, ns
};

Result<Range> range_of(const ExportRequest& request, int64_t end) {
  Range range;
  if (!request.from.empty()) {
    TIDEMARK_TRY(range.from, parse_instant(request.from, end));
  }
  if (!request.to.empty()) {
    TIDEMARK_TRY(range.to, parse_instant(request.to, end));
  }
  if (range.from >= range.to) {
    return fail(ErrorKind::usage, "the range ends before it begins");
  }
  return range;
}

Result<std::vector<Part>> chosen_parts(const std::vector<Part>& parts,
                                       const Range& range) {
  std::vector<Part> chosen;
  std::set<std::string> lives;
  for (const Part& part : parts) {
    if (part.end_unix() < range.from || part.begin_unix() > range.to) continue;
    chosen.push_back(part);
    lives.insert(part.life);
  }
  if (chosen.empty()) {
    return fail(ErrorKind::usage, "nothing was recorded in that range");
  }
  if (lives.size() == 1) return chosen;
  std::string names;
  for (const std::string& life : lives) {
    names += (names.empty() ? "" : ", ") + life;
  }
  return fail(ErrorKind::usage,
              "the range spans several lives of the daemon, which began at " +
                  names +
                  "; export each by --from and --to, and join them "
                  "with tidemark report A.tmk B.tmk");
}

Result<Choice> choose(const ExportRequest& request,
                      const std::vector<Part>& parts) {
  if (!request.run.empty()) return choose_run(parts, request.run);
  TIDEMARK_TRY(const Range range, range_of(request, parts.back().end_unix()));
  Choice choice;
  TIDEMARK_TRY(choice.parts, chosen_parts(parts, range));
  const ClockAnchor& anchor = choice.parts.front().anchor;
  const auto boot = [&](int64_t unix_ns) {
    return boot_time(unix_ns - anchor.realtime_ns + anchor.boot_ns);
  };
  if (range.from != INT64_MIN) choice.from = boot(range.from);
  if (range.to != INT64_MAX) choice.to = boot(range.to);
  return choice;
}

// What allocation probes tell: sites, heaps, and memory touched first.
bool is_of_sites(const Metric* metric) {
  static constexpr std::string_view kFamilies[] = {"site.", "heap.", "growth."};
  return metric != nullptr &&
         std::ranges::any_of(kFamilies, [metric](std::string_view family) {
           return metric->name.starts_with(family);
         });
}

class RecordingExport {
 public:
  RecordingExport(const ExportRequest& request, BootTime from, BootTime to)
      : output_(request.output),
        without_sites_(request.without_sites),
        from_(from),
        to_(to) {}

  Status take(const Part& part);
  Result<ExportResult> finish();

 private:
  Status begin(RecordingReader& reader, BootTime time);
  Status take_events(RecordingReader& reader, const std::vector<Event>& events);
  Status take_frame(RecordingReader& reader, const Frame& frame);
  bool is_repeated(const Event& event);
  void define(RecordingReader& reader, SubjectId id);
  void define_stack(const StackTable& stacks, StackId id);
  Column whole(RecordingReader& reader, const Column& column);

  std::string output_;
  bool without_sites_;
  BootTime from_, to_, last_;
  std::optional<RecordingWriter> writer_;
  OpenMarks open_;
  // Of each client and lane the last mark, and clients that are connected.
  std::map<std::pair<SubjectId, uint32_t>, uint64_t> marks_;
  std::set<SubjectId> connected_;
  std::set<MetricId> told_;  // metrics whose values were all written once
  std::set<StackId> stacks_;
  std::set<SubjectId> defined_;  // in this frame
  ExportResult result_;
};

// A part tells once more what is in force where it begins.
bool RecordingExport::is_repeated(const Event& event) {
  if (event.kind == EventKind::client_begin) {
    return !connected_.insert(event.subject).second;
  }
  if (event.kind == EventKind::client_end) connected_.erase(event.subject);
  if (!is_mark(event.kind)) return false;
  uint64_t& last = marks_[{event.subject, event.lane}];
  if (event.sequence <= last) return true;
  last = event.sequence;
  return false;
}

void RecordingExport::define_stack(const StackTable& stacks, StackId id) {
  const Stack* stack = stacks.stack(id);
  if (stack == nullptr) return;
  stacks_.insert(id);
  for (const StackAddress& address : stack->addresses) {
    const Module* module = stacks.module(address.module);
    if (module != nullptr) (void)writer_->define(*module);
  }
  (void)writer_->define(*stack);
}

void RecordingExport::define(RecordingReader& reader, SubjectId id) {
  if (!id.valid() || !defined_.insert(id).second) return;
  const Subject* subject = reader.dictionary().subject(id);
  if (subject == nullptr) return;
  if (subject->owner.valid()) define(reader, subject->owner);
  if (subject->stack.valid() && !stacks_.contains(subject->stack)) {
    define_stack(reader.stacks(), subject->stack);
  }
  writer_->define(*subject);
}

Status RecordingExport::begin(RecordingReader& reader, BootTime time) {
  RecordingInfo info = reader.info();
  info.anchor = reader.anchor();
  info.socket.clear();
  if (::getrandom(info.uuid.data(), info.uuid.size(), 0) < 0) {
    return fail_errno("getrandom", errno);
  }
  TIDEMARK_TRY(writer_, RecordingWriter::create(output_, info));
  for (const Metric& metric : reader.dictionary().metrics()) {
    if (metric.id.valid()) writer_->define(metric);
  }
  const std::vector<Event> open = open_.events(time);
  for (const Event& event : open) define(reader, event.subject);
  result_.events += std::ssize(open);
  return writer_->write_events(open);
}

Status RecordingExport::take_events(RecordingReader& reader,
                                    const std::vector<Event>& events) {
  std::vector<Event> kept;
  for (const Event& event : events) {
    if (is_repeated(event) || event.time > to_) continue;
    if (!writer_) {
      open_.apply(event);
    } else {
      kept.push_back(event);
      define(reader, event.subject);
    }
  }
  defined_.clear();
  if (kept.empty()) return {};
  result_.events += std::ssize(kept);
  return writer_->write_events(kept);
}

// A reader shows what changed; where we begin, all of a metric that is read.
Column RecordingExport::whole(RecordingReader& reader, const Column& column) {
  Column all = column;
  all.subjects.clear();
  all.values.clear();
  reader.for_each_value(column.metric, [&](SubjectId subject, int64_t value) {
    all.subjects.push_back(subject);
    all.values.push_back(value);
  });
  return all;
}

Status RecordingExport::take_frame(RecordingReader& reader,
                                   const Frame& frame) {
  if (frame.time < from_ || frame.time > to_ || frame.time < last_) return {};
  if (!writer_) TIDEMARK_CHECK(begin(reader, frame.time));
  Frame out = frame;
  if (without_sites_) {
    std::erase_if(out.columns, [&](const Column& column) {
      return is_of_sites(reader.dictionary().metric(column.metric));
    });
  }
  for (Column& column : out.columns) {
    if (told_.insert(column.metric).second) {
      const Metric* metric = reader.dictionary().metric(column.metric);
      if (metric != nullptr) writer_->define(*metric);
      column = whole(reader, column);
    }
    for (const SubjectId subject : column.subjects) define(reader, subject);
  }
  for (const HistogramValue& value : out.histograms) {
    const Metric* metric = reader.dictionary().metric(value.metric);
    if (metric != nullptr && told_.insert(value.metric).second) {
      writer_->define(*metric);
    }
    define(reader, value.subject);
  }
  defined_.clear();
  last_ = frame.time;
  ++result_.ticks;
  return writer_->write_frame(out, reader.anchor());
}

Status RecordingExport::take(const Part& part) {
  TIDEMARK_TRY(auto reader, RecordingReader::open(part.path));
  ++result_.parts;
  while (const auto item = reader.next()) {
    if (item->events != nullptr) {
      TIDEMARK_CHECK(take_events(reader, *item->events));
    } else if (item->frame != nullptr) {
      TIDEMARK_CHECK(take_frame(reader, *item->frame));
    } else if (item->gap != nullptr && writer_ && item->gap->to <= to_) {
      TIDEMARK_CHECK(writer_->write_gap(item->gap->from, item->gap->to,
                                        item->gap->ticks, item->gap->reason));
    }
  }
  if (!reader.damages().empty()) result_.damaged.push_back(part.path);
  if (!writer_) return {};
  // Names that came after their stacks.
  for (const StackId id : stacks_) {
    const Stack* stack = reader.stacks().stack(id);
    if (stack == nullptr) continue;
    for (const StackAddress& address : stack->addresses) {
      const auto* names = reader.stacks().symbols(address);
      if (names != nullptr) (void)writer_->define({address, *names});
    }
  }
  return {};
}

Result<ExportResult> RecordingExport::finish() {
  if (!writer_) {
    return fail(ErrorKind::usage, "nothing was recorded in that range");
  }
  TIDEMARK_CHECK(writer_->close(last_));
  result_.bytes = writer_->bytes_written();
  return result_;
}

}  // namespace

Result<int64_t> parse_instant(const std::string& text, int64_t end_unix_ns) {
  if (text.starts_with('-')) {
    TIDEMARK_TRY(const Nanoseconds before, parse_duration(text.substr(1)));
    return end_unix_ns - before.count();
  }
  std::tm utc{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  if (rest == nullptr || (*rest != '\0' && std::string_view(rest) != "Z")) {
    return fail(ErrorKind::usage,
                "'" + text +
                    "': a time (UTC) such as 2026-11-21T07:00:00Z, or "
                    "-90m before the end, is expected");
  }
  return int64_t{::timegm(&utc)} * 1'000'000'000;
}

Result<ExportResult> export_recording(const ExportRequest& request) {
  TIDEMARK_TRY(const auto parts, read_parts(request.source));
  TIDEMARK_TRY(const Choice choice, choose(request, parts));
  RecordingExport out(request, choice.from, choice.to);
  for (const Part& part : choice.parts) TIDEMARK_CHECK(out.take(part));
  return out.finish();
}

}  // namespace tidemark
