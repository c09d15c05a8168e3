// A second recording, read beside the first to be compared with it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/analysis/run_analysis.h"
#include "core/store/recording_reader.h"
#include "tui/comparison.h"

namespace tidemark {

class OtherRun {
 public:
  // Errors: those of RecordingReader::open.
  static Result<OtherRun> open(const std::string& path);

  // Reads on, at most `max_items`. True when it has become whole.
  bool read(size_t max_items);
  bool done() const { return figures_.has_value(); }
  const RecordingInfo& info() const { return reader_.info(); }
  const std::string& path() const { return reader_.path(); }
  // nullptr until it is read.
  const RunFigures* figures() const { return figures_ ? &*figures_ : nullptr; }

 private:
  explicit OtherRun(RecordingReader reader) : reader_(std::move(reader)) {}

  RecordingReader reader_;
  std::unique_ptr<RunAnalysis> analysis_ = std::make_unique<RunAnalysis>();
  std::optional<RunFigures> figures_;
};

}  // namespace tidemark
