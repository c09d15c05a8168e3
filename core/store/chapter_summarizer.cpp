#include "core/store/chapter_summarizer.h"

#include <algorithm>
#include <bit>
#include <tuple>

namespace tidemark {
namespace {

bool less(int64_t a, int64_t b, bool real) {
  return real ? std::bit_cast<double>(a) < std::bit_cast<double>(b) : a < b;
}

double summand(int64_t value, int64_t first, bool real) {
  if (real) return std::bit_cast<double>(value);
  // Relative to the first, so that a large level keeps its small changes.
  int64_t difference = 0;
  if (!__builtin_sub_overflow(value, first, &difference)) {
    return static_cast<double>(difference);
  }
  return static_cast<double>(value) - static_cast<double>(first);
}

}  // namespace

void ChapterSummarizer::define(const Metric& metric) {
  const uint32_t id = metric.id.value;
  if (id >= traits_.size()) traits_.resize(id + 1);
  traits_[id] = {.real = metric.unit == Unit::real,
                 .midpoint = metric.kind == MetricKind::counter};
}

void ChapterSummarizer::begin(uint64_t offset, int64_t time_ns) {
  ++epoch_;
  ticks_ = 0;
  offset_ = offset;
  begin_ns_ = end_ns_ = time_ns;
  touched_.clear();
  ended_.clear();
}

void ChapterSummarizer::frame(int64_t time_ns) {
  ++ticks_;
  end_ns_ = time_ns;
}

ChapterSummarizer::Running& ChapterSummarizer::running(uint32_t metric,
                                                       uint32_t slot) {
  if (metric >= running_.size()) running_.resize(metric + 1);
  std::vector<std::unique_ptr<Page>>& pages = running_[metric];
  const uint32_t page = slot / kPage;
  if (page >= pages.size()) pages.resize(page + 1);
  if (!pages[page]) pages[page] = std::make_unique<Page>();
  return (*pages[page])[slot % kPage];
}

void ChapterSummarizer::change(uint32_t metric,
                               const SeriesState::Change& change) {
  Running& series = running(metric, change.slot);
  const bool real = traits(metric).real;
  const uint32_t now = ticks_ - 1;
  if (series.epoch != epoch_) {
    touched_.push_back({metric, change.subject, change.slot});
    const bool carried = change.known;
    const bool from_start = carried && now > 0;
    const int64_t first = from_start ? change.before : change.after;
    const uint32_t begin = from_start ? 0 : now;
    series = {.epoch = epoch_,
              .subject = change.subject,
              .begin = begin,
              .since = begin,
              .carried = carried,
              .first = first,
              .last = first,
              .min = first,
              .max = first};
  }
  series.sum += summand(series.last, series.first, real) *
                static_cast<double>(now - series.since);
  series.since = now;
  series.last = change.after;
  if (less(change.after, series.min, real)) series.min = change.after;
  if (less(series.max, change.after, real)) series.max = change.after;
}

SummaryRecord::Series ChapterSummarizer::finish(Running series, uint32_t metric,
                                                uint32_t subject) const {
  const Traits kind = traits(metric);
  series.sum += summand(series.last, series.first, kind.real) *
                static_cast<double>(ticks_ - series.since);
  const uint32_t count = ticks_ - series.begin;
  double mean = series.sum / static_cast<double>(count);
  if (!kind.real) mean += static_cast<double>(series.first);
  return {.value = {.metric = MetricId(metric),
                    .subject = SubjectId(subject),
                    .first = series.first,
                    .last = series.last,
                    .min = series.min,
                    .max = series.max,
                    .mean = mean,
                    .count = count},
          .real = kind.real,
          .midpoint = kind.midpoint && !kind.real};
}

void ChapterSummarizer::end(std::span<const uint32_t> subjects,
                            const SeriesState& state) {
  for (const uint32_t subject : subjects) {
    const uint32_t slot = state.slot(subject);
    for (uint32_t metric = 0; metric < state.metric_count(); ++metric) {
      const int64_t* value = state.find(metric, subject);
      if (value == nullptr) continue;
      Running& series = running(metric, slot);
      if (series.epoch != epoch_) {
        series = {.carried = true,
                  .first = *value,
                  .last = *value,
                  .min = *value,
                  .max = *value};
      }
      // A series that lived within one chapter is in its ticks alone: no
      // chapter's dictionary has its subject.
      if (series.carried) {
        ended_.push_back(finish(series, metric, subject));
      }
      series.epoch = 0;  // another subject may get the slot
    }
  }
}

void ChapterSummarizer::summarize(SummaryRecord& out) const {
  out.offset = offset_;
  out.begin_ns = begin_ns_;
  out.end_ns = end_ns_;
  out.ticks = ticks_;
  out.series.clear();
  for (const Touched& touched : touched_) {
    const Running& series =
        (*running_[touched.metric][touched.slot / kPage])[touched.slot % kPage];
    if (series.epoch != epoch_ || series.subject != touched.subject) continue;
    const auto done = finish(series, touched.metric, touched.subject);
    const SeriesSummary& value = done.value;
    const bool constant = value.count == int64_t{ticks_} &&
                          value.min == value.max && value.first == value.last;
    if (!constant) out.series.push_back(done);
  }
  out.ended = ended_;
  const auto key = [](const SummaryRecord::Series& series) {
    return std::tuple(series.value.metric, series.value.subject);
  };
  std::ranges::sort(out.series, {}, key);
  // An id that ended and came back was touched twice.
  const auto twice = std::ranges::unique(out.series, {}, key);
  out.series.erase(twice.begin(), twice.end());
  std::ranges::sort(out.ended, {}, key);
}

}  // namespace tidemark
