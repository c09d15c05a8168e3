// The last known value of every series, as the writer has written them and a
// reader has read them: both apply the same records to it, so they agree.
//
// A value stays until it changes or its subject ends; that a collector was not
// due removes nothing. Memory follows the subjects alive at one time, not the
// ids ever given out.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/model/frame.h"
#include "core/store/records.h"
#include "core/store/wrapping.h"

namespace tidemark {

// Subject ids to small dense slots; a slot is used again after release.
class SubjectSlots {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  SubjectSlots() = default;
  SubjectSlots(const SubjectSlots& other) { *this = other; }
  SubjectSlots& operator=(const SubjectSlots& other);

  uint32_t find(uint32_t id) const {
    const uint32_t book = id / kBook;
    if (book >= books_.size() || books_[book] == nullptr) return kNone;
    const Page* page = books_[book]->pages[id % kBook / kPage].get();
    return page == nullptr ? kNone : page->slots[id % kPage];
  }
  uint32_t acquire(uint32_t id);
  void release(uint32_t id);
  void clear();
  // Memory taken, in bytes: by ids that are gone a pointer for kBook of them.
  size_t bytes() const;

 private:
  static constexpr uint32_t kPage = 64;
  static constexpr uint32_t kBook = 64 * kPage;
  // Both are given back with their last subject: ids only grow, for as long as
  // a daemon runs.
  struct Page {
    std::array<uint32_t, kPage> slots;
    uint32_t used = 0;
  };
  struct Book {
    std::array<std::unique_ptr<Page>, kBook / kPage> pages;
    uint32_t used = 0;  // pages
  };
  std::vector<std::unique_ptr<Book>> books_;
  std::vector<uint32_t> free_;
  uint32_t next_ = 0;
};

class SeriesState {
 public:
  struct Change {
    uint32_t subject;
    uint32_t slot;
    bool known;      // it had a value before
    int64_t before;  // 0 when it had none
    int64_t after;
  };
  struct MetricSeries {
    std::vector<int64_t> values;     // by slot
    std::vector<uint8_t> known;      // by slot
    std::vector<SubjectId> present;  // ascending
    int64_t begin_ns = 0;            // of its last read
    int64_t span_ns = 0;
  };
  using HistogramKey = std::pair<uint32_t, uint32_t>;  // metric, subject

  int64_t interval_ns = 0;

  const MetricSeries* series(uint32_t metric) const {
    return metric < metrics_.size() && metrics_[metric].begin_ns != kNeverRead
               ? &metrics_[metric]
               : nullptr;
  }
  uint32_t metric_count() const {
    return static_cast<uint32_t>(metrics_.size());
  }
  uint32_t slot(uint32_t subject) const { return slots_.find(subject); }
  // nullptr when there is no value.
  const int64_t* find(uint32_t metric, uint32_t subject) const;
  const HistogramValue* histogram(HistogramKey key) const;
  const std::map<HistogramKey, HistogramValue>& histograms() const {
    return histograms_;
  }

  // Applies a column's deltas. `defined(subject)` says whether a subject that
  // had no value yet may have one; false ends the work and is returned.
  // `changed(change)` is called for each value.
  template <typename Defined, typename Changed>
  bool apply(const ColumnRecord& column, Defined&& defined, Changed&& changed);
  // Applies a histogram's deltas and returns it; buckets of 0 are dropped.
  const HistogramValue& apply(const HistogramRecord& record);
  // Forgets all values of these subjects.
  void end(std::span<const uint32_t> subjects);

  void snapshot(StateRecord& out) const;
  void clear();

 private:
  static constexpr int64_t kNeverRead = INT64_MIN;

  MetricSeries& touch(uint32_t metric);
  void add_present(MetricSeries& series, uint32_t subject, uint32_t slot);

  SubjectSlots slots_;
  std::vector<MetricSeries> metrics_;
  std::map<HistogramKey, HistogramValue> histograms_;
};

template <typename Defined, typename Changed>
bool SeriesState::apply(const ColumnRecord& column, Defined&& defined,
                        Changed&& changed) {
  MetricSeries& series = touch(column.metric);
  series.begin_ns = column.begin_ns;
  series.span_ns = column.span_ns;
  for (size_t i = 0; i < column.subjects.size(); ++i) {
    const uint32_t subject = column.subjects[i];
    uint32_t slot = slots_.find(subject);
    if (slot == SubjectSlots::kNone) {
      if (!defined(subject)) return false;
      slot = slots_.acquire(subject);
    }
    const bool known = slot < series.known.size() && series.known[slot] != 0;
    if (!known) add_present(series, subject, slot);
    int64_t& value = series.values[slot];
    const int64_t before = value;
    value = wrapping_add(before, column.deltas[i]);
    changed(Change{subject, slot, known, before, value});
  }
  return true;
}

}  // namespace tidemark
