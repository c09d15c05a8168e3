#include "daemon/rotating_sink.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/random.h>

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/os/log.h"

namespace tidemark {
namespace {

// How often limits on age and free space are looked at between two parts.
constexpr Nanoseconds kRetentionPeriod = std::chrono::seconds(60);
// After a part could not be begun the present one goes on for so long.
constexpr Nanoseconds kRetryPeriod = std::chrono::seconds(60);

void free_space(const std::string& folder, const RetentionLimits& limits,
                int64_t now_ns, bool& above_told) {
  const auto result = apply_retention(folder, limits, now_ns);
  if (!result) {
    log_warning("retention: " + result.error().what);
    return;
  }
  if (result->removed > 0) {
    log_info(fmt::format("retention: removed {} old recordings, {}",
                         result->removed,
                         format_bytes(static_cast<double>(result->bytes))));
  }
  if (result->above && !above_told) {
    log_warning(folder +
                ": above the limits of retention, and nothing may be removed: "
                "what is left is pinned or being written; remove .pin files or "
                "raise keep_size and keep_free");
  }
  above_told = result->above;
}

}  // namespace

Result<std::unique_ptr<RotatingSink>> RotatingSink::create(
    const std::string& folder, const RecordingInfo& info,
    const RotationLimits& limits, const Clock& clock) {
  const ClockAnchor now = clock.anchor();
  bool told = false;
  const SeriesPart part = first_part(folder, now.realtime_ns);
  free_space(folder, limits.keep, now.realtime_ns, told);
  TIDEMARK_TRY(auto writer, RecordingWriter::create(part.path(), info));
  return std::unique_ptr<RotatingSink>(
      new RotatingSink(std::move(writer), part, info, limits, clock));
}

RotatingSink::RotatingSink(RecordingWriter writer, SeriesPart part,
                           RecordingInfo info, const RotationLimits& limits,
                           const Clock& clock)
    : WriterSink(std::move(writer)),
      part_(std::move(part)),
      info_(std::move(info)),
      clock_(clock),
      limits_(limits),
      begun_(clock.now()),
      last_retention_(begun_),
      last_failure_(begun_ - kRetryPeriod),
      started_(clock.anchor()) {}

RotationLimits RotatingSink::limits() const {
  const std::lock_guard lock(mutex_);
  return limits_;
}

std::string RotatingSink::path() const {
  const std::lock_guard lock(mutex_);
  return part_.path();
}

void RotatingSink::set_limits(const RotationLimits& limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
}

bool RotatingSink::due(const RotationLimits& limits, BootTime now) const {
  const bool wanted =
      writer_.bytes_written() >= limits.size || now - begun_ >= limits.age;
  return wanted && now - last_failure_ >= kRetryPeriod;
}

Status RotatingSink::write_frame(const Frame& frame,
                                 const ClockAnchor& anchor) {
  const BootTime now = clock_.now();
  if (due(limits(), now)) rotate(frame.time);
  if (now - last_retention_ >= kRetentionPeriod) retain(now);
  Status status = writer_.write_frame(frame, anchor);
  // The next try may find the space of old parts.
  if (!status && status.error().kind == ErrorKind::full) retain(now);
  return status;
}

// A part that cannot be begun costs nothing: the present one goes on.
void RotatingSink::rotate(BootTime time) {
  const SeriesPart next = part_.next();
  RecordingInfo info = info_;
  info.anchor = clock_.anchor();
  if (::getrandom(info.uuid.data(), info.uuid.size(), 0) < 0) return;
  const int64_t bytes = writer_.bytes_written();
  const Status status =
      writer_.continue_in(next.path(), info, time, open_.events(time));
  const BootTime now = clock_.now();
  if (!status) {
    last_failure_ = now;
    log_warning("the next part of the recording: " + status.error().what +
                "; the present one goes on");
    return;
  }
  bytes_before_ += bytes;
  {
    const std::lock_guard lock(mutex_);
    part_ = next;
  }
  begun_ = now;
  log_info("recording goes on in " + part_.path());
  retain(now);
}

void RotatingSink::retain(BootTime now) {
  last_retention_ = now;
  free_space(part_.folder, limits().keep, started_.realtime_at(now),
             above_told_);
  // What bursts left free in the middle of the heap goes back to the kernel:
  // this runs for months, under a limit.
  ::malloc_trim(0);
}

Status RotatingSink::write_events(std::span<const Event> events) {
  TIDEMARK_CHECK(writer_.write_events(events));
  for (const Event& event : events) {
    open_.apply(event);
    follow_runs(event);
  }
  return {};
}

// A run that failed, was aborted, or whose client died without a word, is
// worth more than the limits of retention.
void RotatingSink::follow_runs(const Event& event) {
  const bool begins = event.kind == EventKind::run_begin;
  const bool died = event.kind == EventKind::client_quarantined ||
                    (event.kind == EventKind::client_end && event.value == 0);
  if (!begins && !died && event.kind != EventKind::run_end) return;
  const auto found = std::ranges::find(runs_, event.subject, &OpenRun::client);
  if (begins) {
    if (found == runs_.end()) {
      runs_.push_back({event.subject, event.name, part_.number});
    }
    return;
  }
  if (found == runs_.end()) return;
  const OpenRun run = *found;
  runs_.erase(found);
  if (!died && event.value == 0) return;
  const char* how = died               ? "its client died"
                    : event.value == 1 ? "failed"
                                       : "was aborted";
  const std::string why =
      fmt::format("run {}: {}", sanitize_log(run.name), how);
  for (SeriesPart part = part_; part.number >= run.first_part; --part.number) {
    if (const Status pinned = pin_part(part.path(), why); !pinned) {
      log_warning("pin: " + pinned.error().what);
    }
    if (part.number == 1) break;
  }
}

Status RotatingSink::close(BootTime time) { return writer_.close(time); }

}  // namespace tidemark
