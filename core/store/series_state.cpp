#include "core/store/series_state.h"

#include <algorithm>

namespace tidemark {
namespace {

using Buckets = std::vector<std::pair<uint32_t, uint64_t>>;

// `buckets` plus the record's deltas, both ascending.
Buckets merged(const Buckets& buckets, const HistogramRecord& record) {
  Buckets result;
  result.reserve(buckets.size() + record.buckets.size());
  auto old = buckets.begin();
  for (size_t i = 0; i < record.buckets.size(); ++i) {
    const uint32_t bucket = record.buckets[i];
    while (old != buckets.end() && old->first < bucket) {
      result.push_back(*old++);
    }
    uint64_t count = static_cast<uint64_t>(record.deltas[i]);
    if (old != buckets.end() && old->first == bucket) count += old++->second;
    if (count != 0) result.emplace_back(bucket, count);
  }
  result.insert(result.end(), old, buckets.end());
  return result;
}

}  // namespace

SubjectSlots& SubjectSlots::operator=(const SubjectSlots& other) {
  if (this == &other) return *this;
  clear();
  for (const auto& book : other.books_) {
    auto& copy = books_.emplace_back();
    if (book == nullptr) continue;
    copy = std::make_unique<Book>();
    copy->used = book->used;
    for (size_t i = 0; i < book->pages.size(); ++i) {
      if (book->pages[i] == nullptr) continue;
      copy->pages[i] = std::make_unique<Page>(*book->pages[i]);
    }
  }
  free_ = other.free_;
  next_ = other.next_;
  return *this;
}

uint32_t SubjectSlots::acquire(uint32_t id) {
  if (id / kBook >= books_.size()) books_.resize(id / kBook + 1);
  auto& book = books_[id / kBook];
  if (book == nullptr) book = std::make_unique<Book>();
  auto& page = book->pages[id % kBook / kPage];
  if (page == nullptr) {
    page = std::make_unique<Page>();
    page->slots.fill(kNone);
    ++book->used;
  }
  ++page->used;
  uint32_t& slot = page->slots[id % kPage];
  if (free_.empty()) {
    slot = next_++;
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  return slot;
}

void SubjectSlots::release(uint32_t id) {
  const uint32_t slot = find(id);
  if (slot == kNone) return;
  free_.push_back(slot);
  auto& book = books_[id / kBook];
  auto& page = book->pages[id % kBook / kPage];
  page->slots[id % kPage] = kNone;
  if (--page->used > 0) return;
  page.reset();
  if (--book->used == 0) book.reset();
}

void SubjectSlots::clear() {
  books_.clear();
  free_.clear();
  next_ = 0;
}

size_t SubjectSlots::bytes() const {
  size_t bytes = books_.size() * sizeof books_[0] + free_.size() * 4;
  for (const auto& book : books_) {
    if (book) bytes += sizeof(Book) + book->used * sizeof(Page);
  }
  return bytes;
}

const int64_t* SeriesState::find(uint32_t metric, uint32_t subject) const {
  const MetricSeries* found = series(metric);
  if (found == nullptr) return nullptr;
  const uint32_t slot = slots_.find(subject);
  if (slot >= found->known.size() || found->known[slot] == 0) return nullptr;
  return &found->values[slot];
}

const HistogramValue* SeriesState::histogram(HistogramKey key) const {
  const auto found = histograms_.find(key);
  return found == histograms_.end() ? nullptr : &found->second;
}

SeriesState::MetricSeries& SeriesState::touch(uint32_t metric) {
  while (metric >= metrics_.size()) {
    metrics_.emplace_back().begin_ns = kNeverRead;
  }
  return metrics_[metric];
}

void SeriesState::add_present(MetricSeries& series, uint32_t subject,
                              uint32_t slot) {
  if (slot >= series.known.size()) {
    const size_t size = std::max<size_t>(slot + 1, series.known.size() * 2);
    series.known.resize(size);
    series.values.resize(size);
  }
  series.known[slot] = 1;
  series.values[slot] = 0;
  const SubjectId id(subject);
  // Nearly always at the end: new subjects have the highest ids.
  if (series.present.empty() || series.present.back() < id) {
    series.present.push_back(id);
  } else {
    series.present.insert(std::ranges::lower_bound(series.present, id), id);
  }
}

const HistogramValue& SeriesState::apply(const HistogramRecord& record) {
  HistogramValue& value = histograms_[{record.metric, record.subject}];
  value.metric = MetricId(record.metric);
  value.subject = SubjectId(record.subject);
  value.sum = wrapping_add(value.sum, record.sum_delta);
  value.max = wrapping_add(value.max, record.max_delta);
  value.buckets = merged(value.buckets, record);
  return value;
}

void SeriesState::end(std::span<const uint32_t> subjects) {
  std::vector<uint32_t> slots;
  for (const uint32_t subject : subjects) {
    const uint32_t slot = slots_.find(subject);
    if (slot != SubjectSlots::kNone) slots.push_back(slot);
  }
  for (MetricSeries& series : metrics_) {
    bool removed = false;
    for (const uint32_t slot : slots) {
      if (slot >= series.known.size() || series.known[slot] == 0) continue;
      series.known[slot] = 0;
      removed = true;
    }
    if (!removed) continue;
    std::erase_if(series.present, [&](SubjectId id) {
      return series.known[slots_.find(id.value)] == 0;
    });
  }
  for (const uint32_t subject : subjects) {
    slots_.release(subject);
    std::erase_if(histograms_, [subject](const auto& entry) {
      return entry.first.second == subject;
    });
  }
}

void SeriesState::snapshot(StateRecord& out) const {
  out.clear();
  out.interval_ns = interval_ns;
  for (uint32_t metric = 0; metric < metrics_.size(); ++metric) {
    const MetricSeries& series = metrics_[metric];
    if (series.present.empty()) continue;
    ColumnRecord& column = out.columns.add();
    column.clear();
    column.metric = metric;
    column.begin_ns = series.begin_ns;
    column.span_ns = series.span_ns;
    column.real = false;  // units are the writer's to know
    for (const SubjectId id : series.present) {
      column.subjects.push_back(id.value);
      column.deltas.push_back(series.values[slots_.find(id.value)]);
    }
  }
  for (const auto& [key, value] : histograms_) {
    HistogramRecord& record = out.histograms.add();
    record.clear();
    record.metric = key.first;
    record.subject = key.second;
    record.sum_delta = value.sum;
    record.max_delta = value.max;
    for (const auto& [bucket, count] : value.buckets) {
      record.buckets.push_back(bucket);
      record.deltas.push_back(static_cast<int64_t>(count));
    }
  }
}

void SeriesState::clear() {
  // Kept: the vectors' memory.
  for (MetricSeries& series : metrics_) {
    std::ranges::fill(series.known, uint8_t{0});
    series.present.clear();
    series.begin_ns = kNeverRead;
  }
  histograms_.clear();
  slots_.clear();
  interval_ns = 0;
}

}  // namespace tidemark
