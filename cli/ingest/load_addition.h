// Puts a generator's load into the frames of a recording, as if it had been a
// client: op.LABEL, errors.LABEL and span.LABEL grow from frame to frame.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/ingest/copy_recording.h"
#include "cli/ingest/load_data.h"
#include "core/base/histogram.h"

namespace tidemark {

class LoadAddition final : public RecordingAddition {
 public:
  // `source`: the file's name, for the note.
  LoadAddition(LoadData data, std::string source);

  void begin(const Dictionary& names, RecordingWriter& writer) override;
  void add(int64_t wall_ns, Frame& frame) override;
  std::vector<Event> end() override;

  // Requests and totals inside of the recording's time, and all.
  int64_t inside() const { return inside_; }
  int64_t all() const { return all_; }

 private:
  struct Label {
    MetricId op, errors, span;
    int64_t count = 0, failed = 0;
    int64_t sum = 0, max = 0;
    std::map<uint32_t, uint64_t> buckets;
    bool timed = false, seen = false;
  };
  MetricId define(const Dictionary& names, RecordingWriter& writer,
                  const std::string& name, MetricKind kind, Unit unit);
  void advance(int64_t wall_ns);
  void put(Frame& frame, MetricId metric, int64_t value) const;
  void put_label(Frame& frame, const Label& label) const;

  LoadData data_;
  std::string source_;
  SubjectId subject_;
  uint32_t next_metric_ = 0;
  std::vector<Label> labels_;
  std::vector<std::pair<MetricId, double>> figures_;
  size_t request_ = 0, total_ = 0;
  int64_t inside_ = 0, all_ = 0;
  BootTime last_;  // of a frame
  bool first_ = true;
};

}  // namespace tidemark
