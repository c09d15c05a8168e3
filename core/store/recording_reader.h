// Reads a recording, also one still being written, torn or damaged. Uses
// pread, never mmap; every declared size is bounded before memory is taken.
//
//   auto reader = RecordingReader::open("run.tmk");
//   while (auto item = reader->next()) { ... }   // nullopt: end for now
//
// Live is the same loop: after the end, call next() again when the file grew.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/dictionary.h"
#include "core/model/event.h"
#include "core/model/frame.h"
#include "core/model/stack_table.h"
#include "core/store/recording_info.h"

namespace tidemark {

struct Damage {
  int64_t offset = 0;
  int64_t bytes = 0;
  std::string reason;       // "torn tail", "bad checksum", ...
  BootTime from, to;        // the time span lost; equal when unknown
  bool truncation = false;  // a torn tail: the writer died, not corruption
  // Whole ticks behind it that could not be read: the rest of its chapter.
  int64_t ticks_lost = 0;
};

// One series over one chapter, without reading its ticks. A frame counts for a
// series when it had a value then, read in that frame or before. Values of
// Unit::real are the bits of doubles here as everywhere; the mean never is.
struct SeriesSummary {
  MetricId metric;
  SubjectId subject;
  int64_t first = 0, last = 0, min = 0, max = 0;
  double mean = 0;    // over the frames, to a whole unit; a counter's is only
                      // the middle of min and max
  int64_t count = 0;  // frames
};

struct ChapterSummary {
  int64_t offset = 0;  // of the chapter's record in the file
  BootTime begin, end;
  int64_t ticks = 0;
  std::vector<SeriesSummary> series;
};

struct Gap {
  BootTime from, to;
  int64_t ticks = 0;
  std::string reason;
};

// What next() yields. Exactly one of the pointers is set; it stays valid until
// the next call.
struct RecordingItem {
  BootTime time;
  // Only values that changed since they were last seen, or are new, by
  // ascending subject. A column for every metric read in this frame: an empty
  // one says that it was read and no value had changed. In a chapter's first
  // frame: all values known, those of metrics not read now with the time of
  // their last read; so a column whose read_begin did not move was not read.
  const Frame* frame = nullptr;
  const std::vector<Event>* events = nullptr;
  const Gap* gap = nullptr;
  bool chapter_begin = false;  // frame: the first of a chapter (all values)
  bool end = false;            // the END record: cleanly closed
};

class RecordingReader {
 public:
  // Errors: not_found; malformed ("not a Tidemark recording"); unsupported (an
  // incompatible flag or newer major, naming the version needed).
  static Result<RecordingReader> open(const std::string& path);
  RecordingReader(RecordingReader&&) noexcept;
  RecordingReader& operator=(RecordingReader&&) noexcept;
  ~RecordingReader();

  const RecordingInfo& info() const;
  const std::string& path() const;
  // The clocks at the beginning of the chapter being read.
  const ClockAnchor& anchor() const;
  // Grows as items are read.
  const Dictionary& dictionary() const;
  // The same; names may follow the stack, up to the file's end.
  const StackTable& stacks() const;
  const std::vector<Damage>& damages() const;
  // True once the END record was read.
  bool closed() const;

  // The next item, or nullopt at the end (for now). Damage never fails: it is
  // listed, and reading resumes at the next valid chapter.
  std::optional<RecordingItem> next();

  // The value last known at the reader's position; nullopt = absent. Whether
  // or not it changed in the latest frame.
  std::optional<int64_t> value(MetricId metric, SubjectId subject) const;
  // Calls fn(subject, value) for all present values of a metric.
  template <typename Fn>
  void for_each_value(MetricId metric, Fn&& fn) const {
    const std::vector<SubjectId>* subjects = present(metric);
    if (subjects == nullptr) return;
    for (SubjectId subject : *subjects) {
      if (auto v = value(metric, subject)) fn(subject, *v);
    }
  }
  const std::vector<SubjectId>* present(MetricId metric) const;

  // Positions before the first item at or after `time` (the state is that of
  // the frame before it). Reads at most one chapter.
  Status seek(BootTime time);
  Status rewind();

  // Summaries of all closed chapters, in order; reads no tick. A subject that
  // began and ended within one chapter is in its ticks alone.
  Result<std::vector<ChapterSummary>> summaries();
  // The same one after another, for long recordings of many processes.
  Status for_each_summary(
      const std::function<void(const ChapterSummary&)>& visit);
  // The time of the first and the last readable item. Error: not_found.
  Result<std::pair<BootTime, BootTime>> span();

 private:
  struct Impl;
  explicit RecordingReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
