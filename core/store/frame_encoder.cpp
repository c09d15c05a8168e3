#include "core/store/frame_encoder.h"

#include <algorithm>

#include "core/store/wrapping.h"

namespace tidemark {
namespace {

// The buckets whose count differs between two ascending lists.
void encode_buckets(const HistogramValue* before, const HistogramValue& after,
                    HistogramRecord& out) {
  static const HistogramValue kEmpty;
  const auto& olds = (before == nullptr ? kEmpty : *before).buckets;
  auto old = olds.begin();
  const auto emit = [&out](uint32_t bucket, uint64_t delta) {
    if (delta == 0) return;
    out.buckets.push_back(bucket);
    out.deltas.push_back(static_cast<int64_t>(delta));
  };
  for (const auto& [bucket, count] : after.buckets) {
    for (; old != olds.end() && old->first < bucket; ++old) {
      emit(old->first, uint64_t{0} - old->second);
    }
    uint64_t was = 0;
    if (old != olds.end() && old->first == bucket) was = old++->second;
    emit(bucket, count - was);
  }
  for (; old != olds.end(); ++old) emit(old->first, uint64_t{0} - old->second);
}

bool ascends(const HistogramValue& value) {
  return std::ranges::is_sorted(
             value.buckets, std::ranges::less_equal{},
             [](const auto& bucket) { return bucket.first; }) &&
         (value.buckets.empty() || value.buckets.back().first != UINT32_MAX);
}

}  // namespace

Status FrameEncoder::encode(const Frame& frame, const SeriesState& state,
                            const Known& known, TickRecord& out) {
  TIDEMARK_CHECK(check(frame));
  out.clear();
  out.time_ns = to_ns(frame.time);
  out.edge = frame.kind == FrameKind::edge;
  out.complete = frame.complete;
  if (frame.interval_ns != state.interval_ns) {
    out.interval_ns = frame.interval_ns;
  }
  for (const Column& column : frame.columns) {
    // An empty column is one whose collector was not due.
    if (column.subjects.empty()) continue;
    if (!known.metric(column.metric.value)) {
      refused_ += static_cast<int64_t>(column.subjects.size());
      continue;
    }
    encode_column(column, state, known, out.columns.add());
  }
  for (const HistogramValue& value : frame.histograms) {
    if (known.metric(value.metric.value) &&
        known.subject(value.subject.value)) {
      encode_histogram(value, state, out);
    } else {
      ++refused_;
    }
  }
  for (const SubjectId id : frame.ended) {
    if (known.subject(id.value)) out.ended.push_back(id.value);
  }
  std::ranges::sort(out.ended);
  out.ended.erase(std::ranges::unique(out.ended).begin(), out.ended.end());
  return {};
}

Status FrameEncoder::check(const Frame& frame) {
  seen_.clear();
  for (const Column& column : frame.columns) {
    if (column.subjects.size() != column.values.size()) {
      return fail(ErrorKind::internal, "a column of unequal lengths");
    }
    if (!column.subjects.empty()) seen_.push_back(column.metric.value);
  }
  std::ranges::sort(seen_);
  const auto twice = std::ranges::adjacent_find(seen_);
  if (twice != seen_.end()) {
    return fail(ErrorKind::internal,
                "metric " + std::to_string(*twice) + " twice in one frame");
  }
  for (const HistogramValue& value : frame.histograms) {
    if (!ascends(value)) {
      return fail(ErrorKind::internal, "histogram buckets do not ascend");
    }
  }
  return {};
}

void FrameEncoder::encode_column(const Column& column, const SeriesState& state,
                                 const Known& known, ColumnRecord& out) {
  out.clear();
  out.metric = column.metric.value;
  out.begin_ns = to_ns(column.read_begin);
  out.span_ns = column.read_span.count();
  out.real = false;
  values_.clear();
  for (size_t i = 0; i < column.subjects.size(); ++i) {
    const uint32_t subject = column.subjects[i].value;
    const int64_t* last = state.find(out.metric, subject);
    if (last == nullptr && !known.subject(subject)) {
      ++refused_;
      continue;
    }
    const int64_t value = column.values[i];
    if (last != nullptr && *last == value) continue;
    values_.push_back(
        {subject, wrapping_sub(value, last == nullptr ? 0 : *last)});
  }
  std::ranges::stable_sort(values_, {}, &Value::subject);
  for (const Value& value : values_) {
    if (!out.subjects.empty() && out.subjects.back() == value.subject) {
      out.deltas.back() = value.delta;  // read twice: the later reading
      continue;
    }
    out.subjects.push_back(value.subject);
    out.deltas.push_back(value.delta);
  }
}

void FrameEncoder::encode_histogram(const HistogramValue& value,
                                    const SeriesState& state, TickRecord& out) {
  const HistogramValue* before =
      state.histogram({value.metric.value, value.subject.value});
  HistogramRecord& record = out.histograms.add();
  record.clear();
  record.metric = value.metric.value;
  record.subject = value.subject.value;
  record.sum_delta =
      wrapping_sub(value.sum, before == nullptr ? 0 : before->sum);
  record.max_delta =
      wrapping_sub(value.max, before == nullptr ? 0 : before->max);
  encode_buckets(before, value, record);
  const bool same = before != nullptr && record.sum_delta == 0 &&
                    record.max_delta == 0 && record.buckets.empty();
  if (same) out.histograms.drop_last();
}

}  // namespace tidemark
