// Chapter summaries: only what the closing state does not tell already.
#include <algorithm>
#include <bit>
#include <cmath>

#include "core/store/codec_wire.h"

namespace tidemark {
namespace {

using Series = SummaryRecord::Series;
using Columns = google::protobuf::RepeatedPtrField<wire::SummaryColumn>;

double to_real(int64_t bits) { return std::bit_cast<double>(bits); }
int64_t to_bits(double real) { return std::bit_cast<int64_t>(real); }

uint64_t distance(int64_t low, int64_t high) {
  return static_cast<uint64_t>(wrapping_sub(high, low));
}

// The mean as a whole number of steps above the minimum.
uint64_t mean_offset(const SeriesSummary& series) {
  const uint64_t range = distance(series.min, series.max);
  const double offset =
      std::round(series.mean - static_cast<double>(series.min));
  if (!(offset > 0)) return 0;
  if (offset >= static_cast<double>(range)) return range;
  return static_cast<uint64_t>(offset);
}

// Lists that are all zero are left out.
template <typename List>
void drop_zeros(List& list) {
  if (std::ranges::all_of(list, [](auto value) { return value == 0; })) {
    list.Clear();
  }
}

void add_series(const Series& from, uint64_t ticks, bool ended,
                wire::SummaryColumn& to) {
  const SeriesSummary& series = from.value;
  to.add_first(wrapping_sub(series.first, series.last));
  to.add_absent(ticks - static_cast<uint64_t>(series.count));
  if (ended) to.add_last(series.last);
  if (from.real) {
    to.add_real_minimum(to_real(series.min));
    to.add_real_maximum(to_real(series.max));
    to.add_real_mean(series.mean);
    return;
  }
  to.add_below(distance(series.min, std::min(series.first, series.last)));
  to.add_above(distance(std::max(series.first, series.last), series.max));
  if (!from.midpoint) to.add_mean(mean_offset(series));
}

void to_wire(const std::vector<Series>& from, uint64_t ticks, bool ended,
             Columns& to) {
  IdGaps gaps;
  wire::SummaryColumn* column = nullptr;
  for (const Series& series : from) {
    if (column == nullptr || column->metric() != series.value.metric.value) {
      column = to.Add();
      column->set_metric(series.value.metric.value);
      column->set_midpoint(series.midpoint);
      gaps = IdGaps();
    }
    column->add_subject_gaps(gaps.gap(series.value.subject.value));
    add_series(series, ticks, ended, *column);
  }
  for (wire::SummaryColumn& each : to) {
    drop_zeros(*each.mutable_first());
    drop_zeros(*each.mutable_below());
    drop_zeros(*each.mutable_above());
    drop_zeros(*each.mutable_mean());
    drop_zeros(*each.mutable_absent());
    drop_zeros(*each.mutable_last());
  }
}

// One column being read: each list is full or empty.
class ColumnReader {
 public:
  ColumnReader(const wire::SummaryColumn& column, uint64_t ticks)
      : column_(column), ticks_(ticks) {}

  bool valid() const {
    const int n = column_.subject_gaps_size();
    const auto fits = [n](int size) { return size == 0 || size == n; };
    return fits(column_.first_size()) && fits(column_.below_size()) &&
           fits(column_.above_size()) && fits(column_.mean_size()) &&
           fits(column_.absent_size()) && fits(column_.last_size()) &&
           fits(column_.real_minimum_size()) &&
           column_.real_maximum_size() == column_.real_minimum_size() &&
           column_.real_mean_size() == column_.real_minimum_size();
  }

  int64_t last(int i) const { return at(column_.last(), i); }

  // All but metric, subject and last.
  void fill(int i, SeriesSummary& out) const {
    out.first = wrapping_add(out.last, at(column_.first(), i));
    out.count = static_cast<int64_t>(ticks_ - at(column_.absent(), i));
    if (column_.real_minimum_size() > 0) {
      out.min = to_bits(column_.real_minimum(i));
      out.max = to_bits(column_.real_maximum(i));
      out.mean = column_.real_mean(i);
      return;
    }
    out.min = wrapping_sub(std::min(out.first, out.last),
                           static_cast<int64_t>(at(column_.below(), i)));
    out.max = wrapping_add(std::max(out.first, out.last),
                           static_cast<int64_t>(at(column_.above(), i)));
    const double offset =
        column_.midpoint() ? static_cast<double>(distance(out.min, out.max)) / 2
                           : static_cast<double>(at(column_.mean(), i));
    out.mean = static_cast<double>(out.min) + offset;
  }

 private:
  template <typename T>
  static T at(const google::protobuf::RepeatedField<T>& list, int i) {
    return list.empty() ? T{0} : list.Get(i);
  }

  const wire::SummaryColumn& column_;
  uint64_t ticks_;
};

// A state's column with the changes told by `column`, nullptr when none.
bool add_column(const ColumnRecord& state, const wire::SummaryColumn* column,
                const ChapterSummary& chapter,
                std::vector<SeriesSummary>& out) {
  static const wire::SummaryColumn kNone;
  const ColumnReader reader(column == nullptr ? kNone : *column,
                            static_cast<uint64_t>(chapter.ticks));
  if (!reader.valid()) return false;
  const auto& listed = (column == nullptr ? kNone : *column).subject_gaps();
  IdGaps gaps;
  int next = 0;
  uint32_t wanted = UINT32_MAX;
  const auto advance = [&] {
    if (next < listed.size()) return gaps.id(listed.Get(next), wanted);
    wanted = UINT32_MAX;
    return true;
  };
  if (!advance()) return false;
  for (size_t i = 0; i < state.subjects.size(); ++i) {
    const int64_t value = state.deltas[i];
    SeriesSummary series{
        .metric = MetricId(state.metric),
        .subject = SubjectId(state.subjects[i]),
        .first = value,
        .last = value,
        .min = value,
        .max = value,
        .mean = state.real ? to_real(value) : static_cast<double>(value),
        .count = chapter.ticks};
    if (state.subjects[i] == wanted) {
      reader.fill(next++, series);
      if (!advance()) return false;
    }
    out.push_back(series);
  }
  return next == listed.size();  // none may be missing from the state
}

bool add_ended(const wire::SummaryColumn& column, const ChapterSummary& chapter,
               std::vector<SeriesSummary>& out) {
  const ColumnReader reader(column, static_cast<uint64_t>(chapter.ticks));
  if (!reader.valid()) return false;
  IdGaps gaps;
  for (int i = 0; i < column.subject_gaps_size(); ++i) {
    SeriesSummary series{.metric = MetricId(column.metric()),
                         .last = reader.last(i)};
    if (!gaps.id(column.subject_gaps(i), series.subject.value)) return false;
    reader.fill(i, series);
    out.push_back(series);
  }
  return true;
}

}  // namespace

void Codec::encode(const SummaryRecord& summary, std::string& out) {
  wire::Summary& message = messages_->summary;
  message.Clear();
  message.set_offset(summary.offset);
  message.set_begin_ns(summary.begin_ns);
  message.set_end_ns(summary.end_ns);
  message.set_ticks(summary.ticks);
  to_wire(summary.series, summary.ticks, false, *message.mutable_columns());
  to_wire(summary.ended, summary.ticks, true, *message.mutable_ended());
  message.SerializeToString(&out);
}

bool Codec::decode(std::string_view bytes, const StateRecord& state,
                   ChapterSummary& summary) {
  wire::Summary& message = messages_->summary;
  summary.series.clear();
  if (!parse(message, bytes)) return false;
  summary.offset = static_cast<int64_t>(message.offset());
  summary.begin = boot_time(message.begin_ns());
  summary.end = boot_time(message.end_ns());
  summary.ticks = static_cast<int64_t>(message.ticks());
  auto column = message.columns().begin();
  const auto columns_end = message.columns().end();
  for (const ColumnRecord& values : state.columns) {
    const wire::SummaryColumn* changes = nullptr;
    if (column != columns_end && column->metric() == values.metric) {
      changes = &*column++;
    }
    if (!add_column(values, changes, summary, summary.series)) return false;
  }
  if (column != columns_end) return false;
  for (const wire::SummaryColumn& ended : message.ended()) {
    if (!add_ended(ended, summary, summary.series)) return false;
  }
  return true;
}

}  // namespace tidemark
