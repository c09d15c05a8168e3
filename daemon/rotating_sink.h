// The service's recording: parts in a folder (core/store/recording_series.h),
// a new one when the present one is large or old; old ones go as retention
// says. A part in which a run failed, and all parts of that run, are pinned.
//
// Used by the writer thread alone, but for set_limits().
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/store/recording_series.h"
#include "daemon/open_marks.h"
#include "daemon/rotation_limits.h"
#include "daemon/writer_sink.h"

namespace tidemark {

class RotatingSink final : public WriterSink {
 public:
  // Frees space as retention says, then creates the first part in `folder`.
  // Errors: those of the folder and of RecordingWriter::create.
  static Result<std::unique_ptr<RotatingSink>> create(
      const std::string& folder, const RecordingInfo& info,
      const RotationLimits& limits, const Clock& clock);

  Status write_frame(const Frame& frame, const ClockAnchor& anchor) override;
  Status write_events(std::span<const Event> events) override;
  Status close(BootTime time) override;
  int64_t bytes_written() const override {
    return bytes_before_ + writer_.bytes_written();
  }

  // Any thread: from the next frame on.
  void set_limits(const RotationLimits& limits);
  // Any thread: the part being written.
  std::string path() const;

 private:
  RotatingSink(RecordingWriter writer, SeriesPart part, RecordingInfo info,
               const RotationLimits& limits, const Clock& clock);
  RotationLimits limits() const;
  bool due(const RotationLimits& limits, BootTime now) const;
  void rotate(BootTime time);
  void retain(BootTime now);
  void follow_runs(const Event& event);

  SeriesPart part_;
  RecordingInfo info_;
  const Clock& clock_;
  mutable std::mutex
      mutex_;  // guards limits_; and part_, which the writer changes
  RotationLimits limits_;
  OpenMarks open_;
  BootTime begun_, last_retention_, last_failure_;
  int64_t bytes_before_ = 0;  // of earlier parts
  // The wall clock may be set; ages follow the boot clock from the start on.
  const ClockAnchor started_;

  // The parts since the first run now open began.
  struct OpenRun {
    SubjectId client;
    std::string name;
    uint32_t first_part;
  };
  std::vector<OpenRun> runs_;
  bool above_told_ = false;
};

}  // namespace tidemark
