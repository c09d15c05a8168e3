// Ticks and states: the part of the codec that runs every tick.
#include "core/store/codec.h"

#include "core/store/codec_wire.h"

namespace tidemark {
namespace {

using Columns = google::protobuf::RepeatedPtrField<wire::Column>;
using Histograms = google::protobuf::RepeatedPtrField<wire::Histogram>;
using Gaps = google::protobuf::RepeatedField<uint32_t>;

void gaps_to_wire(const std::vector<uint32_t>& ids, Gaps& to) {
  IdGaps gaps;
  to.Reserve(static_cast<int>(ids.size()));
  for (const uint32_t id : ids) to.AddAlreadyReserved(gaps.gap(id));
}

bool gaps_from_wire(const Gaps& from, std::vector<uint32_t>& ids) {
  ids.resize(static_cast<size_t>(from.size()));
  IdGaps gaps;
  const uint32_t* gap = from.data();
  for (uint32_t& id : ids) {
    if (!gaps.id(*gap++, id)) return false;
  }
  return true;
}

void to_wire(const Recycled<ColumnRecord>& from, int64_t time_ns, Columns& to) {
  int64_t begin = time_ns;
  int64_t span = 0;
  for (const ColumnRecord& column : from) {
    wire::Column& out = *to.Add();
    out.set_metric(column.metric);
    out.set_real(column.real);
    out.set_begin_delta(wrapping_sub(column.begin_ns, begin));
    out.set_span_delta(wrapping_sub(column.span_ns, span));
    begin = column.begin_ns;
    span = column.span_ns;
    gaps_to_wire(column.subjects, *out.mutable_subject_gaps());
    out.mutable_deltas()->Add(column.deltas.begin(), column.deltas.end());
  }
}

bool from_wire(const Columns& from, int64_t time_ns,
               Recycled<ColumnRecord>& to) {
  to.clear();
  int64_t begin = time_ns;
  int64_t span = 0;
  for (const wire::Column& column : from) {
    if (column.deltas_size() != column.subject_gaps_size()) return false;
    ColumnRecord& out = to.add();
    out.metric = column.metric();
    out.real = column.real();
    out.begin_ns = begin = wrapping_add(begin, column.begin_delta());
    out.span_ns = span = wrapping_add(span, column.span_delta());
    if (!gaps_from_wire(column.subject_gaps(), out.subjects)) return false;
    out.deltas.assign(column.deltas().begin(), column.deltas().end());
  }
  return true;
}

void to_wire(const Recycled<HistogramRecord>& from, Histograms& to) {
  for (const HistogramRecord& histogram : from) {
    wire::Histogram& out = *to.Add();
    out.set_metric(histogram.metric);
    out.set_subject(histogram.subject);
    out.set_sum_delta(histogram.sum_delta);
    out.set_max_delta(histogram.max_delta);
    gaps_to_wire(histogram.buckets, *out.mutable_bucket_gaps());
    out.mutable_count_deltas()->Add(histogram.deltas.begin(),
                                    histogram.deltas.end());
  }
}

bool from_wire(const Histograms& from, Recycled<HistogramRecord>& to) {
  to.clear();
  for (const wire::Histogram& histogram : from) {
    if (histogram.count_deltas_size() != histogram.bucket_gaps_size()) {
      return false;
    }
    HistogramRecord& out = to.add();
    out.metric = histogram.metric();
    out.subject = histogram.subject();
    out.sum_delta = histogram.sum_delta();
    out.max_delta = histogram.max_delta();
    if (!gaps_from_wire(histogram.bucket_gaps(), out.buckets)) return false;
    out.deltas.assign(histogram.count_deltas().begin(),
                      histogram.count_deltas().end());
  }
  return true;
}

}  // namespace

Codec::Codec() : messages_(std::make_unique<Messages>()) {}
Codec::Codec(Codec&&) noexcept = default;
Codec& Codec::operator=(Codec&&) noexcept = default;
Codec::~Codec() = default;

void Codec::encode(const TickRecord& tick, std::string& out) {
  wire::Tick& message = messages_->tick;
  message.Clear();
  message.set_edge(tick.edge);
  message.set_incomplete(!tick.complete);
  if (tick.interval_ns) message.set_interval_ns(*tick.interval_ns);
  if (!tick.dictionary.empty()) {
    encode(tick.dictionary, *message.mutable_dictionary());
  }
  to_wire(tick.columns, tick.time_ns, *message.mutable_columns());
  to_wire(tick.histograms, *message.mutable_histograms());
  gaps_to_wire(tick.ended, *message.mutable_ended_gaps());
  message.SerializeToString(&out);
}

bool Codec::decode(std::string_view bytes, TickRecord& tick) {
  wire::Tick& message = messages_->tick;
  tick.clear();
  if (!parse(message, bytes)) return false;
  tick.edge = message.edge();
  tick.complete = !message.incomplete();
  if (message.has_interval_ns()) tick.interval_ns = message.interval_ns();
  return decode(message.dictionary(), tick.dictionary) &&
         from_wire(message.columns(), tick.time_ns, tick.columns) &&
         from_wire(message.histograms(), tick.histograms) &&
         gaps_from_wire(message.ended_gaps(), tick.ended);
}

void Codec::encode(const StateRecord& state, int64_t time_ns,
                   std::string& out) {
  wire::State& message = messages_->state;
  message.Clear();
  message.set_interval_ns(state.interval_ns);
  to_wire(state.columns, time_ns, *message.mutable_columns());
  to_wire(state.histograms, *message.mutable_histograms());
  message.SerializeToString(&out);
}

bool Codec::decode(std::string_view bytes, int64_t time_ns,
                   StateRecord& state) {
  wire::State& message = messages_->state;
  state.clear();
  if (!parse(message, bytes)) return false;
  state.interval_ns = message.interval_ns();
  return from_wire(message.columns(), time_ns, state.columns) &&
         from_wire(message.histograms(), state.histograms);
}

}  // namespace tidemark
