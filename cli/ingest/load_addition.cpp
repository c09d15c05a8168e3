#include "cli/ingest/load_addition.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace tidemark {

LoadAddition::LoadAddition(LoadData data, std::string source)
    : data_(std::move(data)),
      source_(std::move(source)),
      labels_(data_.labels.size()) {
  std::ranges::sort(data_.requests, {}, &LoadRequest::end_ns);
  std::ranges::stable_sort(data_.totals, {}, &LoadTotal::time_ns);
  for (const LoadRequest& request : data_.requests) {
    labels_[request.label].timed |= request.duration_ns >= 0;
  }
  all_ = static_cast<int64_t>(data_.requests.size() + data_.totals.size());
}

MetricId LoadAddition::define(const Dictionary& names, RecordingWriter& writer,
                              const std::string& name, MetricKind kind,
                              Unit unit) {
  const Metric* known = names.find_metric(name);
  if (known != nullptr && known->kind == kind && known->unit == unit) {
    return known->id;
  }
  Metric metric;
  metric.id = MetricId(next_metric_++);
  metric.name = name;
  metric.subject = SubjectKind::client;
  metric.kind = kind;
  metric.unit = unit;
  metric.help = "as " + data_.tool + " wrote it";
  writer.define(metric);
  return metric.id;
}

void LoadAddition::begin(const Dictionary& names, RecordingWriter& writer) {
  next_metric_ = static_cast<uint32_t>(names.metrics().size());
  Subject subject;
  subject.kind = SubjectKind::client;
  subject.name = data_.tool;
  uint32_t last = 0;
  for (const Subject& known : names.subjects()) {
    last = std::max(last, known.id.value);
  }
  subject.id = subject_ = SubjectId(last + 1);
  writer.define(subject);
  for (size_t i = 0; i < labels_.size(); ++i) {
    Label& label = labels_[i];
    const std::string& name = data_.labels[i];
    label.op =
        define(names, writer, "op." + name, MetricKind::counter, Unit::count);
    label.errors = define(names, writer, "errors." + name, MetricKind::counter,
                          Unit::count);
    if (!label.timed) continue;
    label.span = define(names, writer, "span." + name, MetricKind::histogram,
                        Unit::nanoseconds);
  }
  for (const LoadFigure& figure : data_.figures) {
    const std::string name = "gauge." + data_.tool + "." + figure.name;
    figures_.emplace_back(
        define(names, writer, name, MetricKind::gauge, Unit::real),
        figure.value);
  }
}

// Everything that had ended by then.
void LoadAddition::advance(int64_t wall_ns) {
  for (; request_ < data_.requests.size() &&
         data_.requests[request_].end_ns <= wall_ns;
       ++request_) {
    const LoadRequest& request = data_.requests[request_];
    Label& label = labels_[request.label];
    inside_ += !first_;
    label.seen = true;
    ++label.count;
    label.failed += !request.ok;
    if (request.duration_ns < 0) continue;
    label.sum += request.duration_ns;
    label.max = std::max(label.max, request.duration_ns);
    ++label.buckets[histogram_bucket(
        static_cast<uint64_t>(request.duration_ns))];
  }
  for (;
       total_ < data_.totals.size() && data_.totals[total_].time_ns <= wall_ns;
       ++total_) {
    const LoadTotal& total = data_.totals[total_];
    Label& label = labels_[total.label];
    inside_ += !first_;
    label.seen = true;
    // A generator's totals do not shrink; a file of two runs would.
    label.count = std::max(label.count, total.count);
    label.failed = std::max(label.failed, total.failed);
  }
}

void LoadAddition::put(Frame& frame, MetricId metric, int64_t value) const {
  auto column = std::ranges::find(frame.columns, metric, &Column::metric);
  if (column == frame.columns.end()) {
    column = frame.columns.emplace(frame.columns.end());
    column->metric = metric;
    column->read_begin = frame.time;
  }
  column->subjects.push_back(subject_);
  column->values.push_back(value);
}

void LoadAddition::put_label(Frame& frame, const Label& label) const {
  put(frame, label.op, label.count);
  put(frame, label.errors, label.failed);
  if (!label.timed) return;
  HistogramValue value;
  value.metric = label.span;
  value.subject = subject_;
  value.sum = label.sum;
  value.max = label.max;
  value.buckets.assign(label.buckets.begin(), label.buckets.end());
  frame.histograms.push_back(std::move(value));
}

void LoadAddition::add(int64_t wall_ns, Frame& frame) {
  advance(wall_ns);
  first_ = false;
  last_ = frame.time;
  for (const Label& label : labels_) put_label(frame, label);
  for (const auto& [metric, value] : figures_) {
    put(frame, metric, std::bit_cast<int64_t>(value));
  }
}

// Not behind the last frame: the run ends where it did.
std::vector<Event> LoadAddition::end() {
  Event note;
  note.time = note.received = last_;
  note.kind = EventKind::note;
  note.subject = subject_;
  note.name = fmt::format(
      "ingested {}: {} of {} records of {} lie in this "
      "recording, {} figures of the whole run",
      source_, inside_, all_, data_.tool, figures_.size());
  return {note};
}

}  // namespace tidemark
