// The payloads of records as plain structures: what codec.h turns into bytes
// and back. Ids are absolute here and ascending in every list.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/model/event.h"
#include "core/model/metric.h"
#include "core/model/site.h"
#include "core/model/subject.h"
#include "core/store/recording_info.h"
#include "core/store/recording_reader.h"

namespace tidemark {

// A vector whose elements keep their own memory when it is cleared.
template <typename T>
class Recycled {
 public:
  T& add() {
    if (size_ == items_.size()) items_.emplace_back();
    return items_[size_++];
  }
  void clear() { size_ = 0; }
  void drop_last() { --size_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  auto begin() { return items_.begin(); }
  auto end() { return items_.begin() + static_cast<std::ptrdiff_t>(size_); }
  auto begin() const { return items_.begin(); }
  auto end() const {
    return items_.begin() + static_cast<std::ptrdiff_t>(size_);
  }
  T& operator[](size_t i) { return items_[i]; }
  const T& operator[](size_t i) const { return items_[i]; }

 private:
  std::vector<T> items_;
  size_t size_ = 0;
};

struct DictionaryRecord {
  std::vector<Metric> metrics;    // by ascending id
  std::vector<Subject> subjects;  // by ascending id
  bool empty() const { return metrics.empty() && subjects.empty(); }
  void clear() {
    metrics.clear();
    subjects.clear();
  }
};

// Value changes of one metric; deltas wrap modulo 2^64.
struct ColumnRecord {
  uint32_t metric = 0;
  int64_t begin_ns = 0;
  int64_t span_ns = 0;
  bool real = false;  // in a StateRecord: of Unit::real
  std::vector<uint32_t> subjects;
  std::vector<int64_t> deltas;
  void clear() {
    subjects.clear();
    deltas.clear();
  }
};

struct HistogramRecord {
  uint32_t metric = 0;
  uint32_t subject = 0;
  int64_t sum_delta = 0;
  int64_t max_delta = 0;
  std::vector<uint32_t> buckets;
  std::vector<int64_t> deltas;
  void clear() {
    buckets.clear();
    deltas.clear();
  }
};

struct TickRecord {
  int64_t time_ns = 0;  // in the record's header
  bool edge = false;
  bool complete = true;
  std::optional<int64_t> interval_ns;
  DictionaryRecord dictionary;
  Recycled<ColumnRecord> columns;
  Recycled<HistogramRecord> histograms;
  std::vector<uint32_t> ended;
  void clear() {
    dictionary.clear();
    columns.clear();
    histograms.clear();
    ended.clear();
    interval_ns.reset();
  }
};

struct StateRecord {
  int64_t interval_ns = 0;
  Recycled<ColumnRecord> columns;
  Recycled<HistogramRecord> histograms;
  void clear() {
    columns.clear();
    histograms.clear();
  }
};

// A chapter's summary without its constant series: those are in the state
// that closes the chapter.
struct SummaryRecord {
  uint64_t offset = 0;
  int64_t begin_ns = 0;
  int64_t end_ns = 0;
  uint64_t ticks = 0;
  struct Series {
    SeriesSummary value;
    bool real = false;      // Unit::real
    bool midpoint = false;  // counters: mean = (min + max) / 2
  };
  std::vector<Series> series;  // by metric, then subject
  std::vector<Series> ended;   // of subjects that ended in the chapter
};

// A chapter's head, its parts still packed: a reader that has them already
// does not unpack them again.
struct ChapterRecord {
  RecordingInfo info;  // without what the file header holds
  ClockAnchor anchor;
  std::string dictionary;
  std::string state;
  std::string summary;
  // Offsets of the STACKS records that the chapter needs, ascending.
  std::vector<uint64_t> stacks;
};

struct StacksRecord {
  std::vector<Module> modules;  // by ascending id
  std::vector<Stack> stacks;    // by ascending id
  std::vector<AddressSymbols> symbols;
  bool empty() const {
    return modules.empty() && stacks.empty() && symbols.empty();
  }
  void clear() {
    modules.clear();
    stacks.clear();
    symbols.clear();
  }
};

struct EventsRecord {
  int64_t time_ns = 0;  // in the record's header
  DictionaryRecord dictionary;
  std::vector<Event> events;
};

struct GapRecord {
  Gap gap;
  DictionaryRecord dictionary;
};

struct EndRecord {
  uint64_t ticks = 0;
  uint64_t events = 0;
  uint64_t gaps = 0;
  uint64_t chapters = 0;
  std::string state;
  std::string summary;
};

}  // namespace tidemark
