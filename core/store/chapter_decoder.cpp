#include "core/store/chapter_decoder.h"

#include <utility>

namespace tidemark {

ChapterDecoder::Reason ChapterDecoder::begin(const ScannedRecord& record) {
  open_ = false;
  if (record.payload.size() < kChapterPrefixSize) return "malformed chapter";
  stream_.begin();
  const auto head = stream_.next(record.payload.substr(kChapterPrefixSize));
  if (!head) return head.error().what;
  if (!codec_.decode(*head, chapter_)) return "malformed chapter head";
  if (!state_follows_) {
    Reason wrong = take_state(record.header.time_ns);
    if (!wrong.empty()) return wrong;
  }
  open_ = true;
  state_follows_ = true;
  pending_first_ = true;
  return {};
}

void ChapterDecoder::lose() {
  open_ = false;
  state_follows_ = false;
}

ChapterDecoder::Reason ChapterDecoder::take_state(int64_t time_ns) {
  if (!codec_.decode(chapter_.dictionary, dictionary_record_)) {
    return "malformed dictionary";
  }
  Reason wrong = define(dictionary_record_);
  if (!wrong.empty()) return wrong;
  if (!codec_.decode(chapter_.state, time_ns, state_record_)) {
    return "malformed state";
  }
  state_.clear();
  state_.interval_ns = state_record_.interval_ns;
  wrong = apply(state_record_.columns, false);
  if (!wrong.empty()) return wrong;
  return apply(state_record_.histograms, false);
}

Result<std::string_view> ChapterDecoder::unpack(const ScannedRecord& record) {
  if ((record.header.flags & kInStream) != 0) {
    if (!open_) return fail(ErrorKind::malformed, "outside a chapter");
    return stream_.next(record.payload);
  }
  if ((record.header.flags & kPacked) == 0) return record.payload;
  alone_.begin();
  return alone_.next(record.payload);
}

ChapterDecoder::Reason ChapterDecoder::define(const DictionaryRecord& record) {
  for (const Metric& metric : record.metrics) {
    const Metric* known = dictionary_.metric(metric.id);
    Metric merged = metric;
    if (merged.help.empty() && known != nullptr) merged.help = known->help;
    if (!dictionary_.define(std::move(merged))) return "impossible metric id";
  }
  for (const Subject& subject : record.subjects) {
    if (!dictionary_.define(subject)) return "impossible subject id";
  }
  return {};
}

ChapterDecoder::Reason ChapterDecoder::tick(const ScannedRecord& record) {
  tick_.time_ns = record.header.time_ns;
  const auto bytes = stream_.next(record.payload);
  if (!bytes) return bytes.error().what;
  if (!codec_.decode(*bytes, tick_)) return "malformed tick";
  first_ = std::exchange(pending_first_, false);
  return apply(tick_);
}

ChapterDecoder::Reason ChapterDecoder::apply(const TickRecord& tick) {
  Reason wrong = define(tick.dictionary);
  if (!wrong.empty()) return wrong;
  if (tick.interval_ns) state_.interval_ns = *tick.interval_ns;
  clear_frame();
  frame_.time = boot_time(tick.time_ns);
  frame_.kind = tick.edge ? FrameKind::edge : FrameKind::tick;
  frame_.complete = tick.complete;
  frame_.interval_ns = state_.interval_ns;
  wrong = apply(tick.columns, !first_);
  if (!wrong.empty()) return wrong;
  wrong = apply(tick.histograms, !first_);
  if (!wrong.empty()) return wrong;
  if (first_) add_all_values();
  state_.end(tick.ended);
  for (const uint32_t subject : tick.ended) {
    frame_.ended.push_back(SubjectId(subject));
  }
  return {};
}

bool ChapterDecoder::may_have_values(uint32_t subject) const {
  return dictionary_.subject(SubjectId(subject)) != nullptr;
}

ChapterDecoder::Reason ChapterDecoder::apply(
    const Recycled<ColumnRecord>& columns, bool emit) {
  const auto defined = [this](uint32_t id) { return may_have_values(id); };
  for (const ColumnRecord& record : columns) {
    if (dictionary_.metric(MetricId(record.metric)) == nullptr) {
      return "value of an undefined metric";
    }
    bool good = true;
    if (emit) {
      Column& column =
          add_column(record.metric, record.begin_ns, record.span_ns);
      good = state_.apply(record, defined,
                          [&column](const SeriesState::Change& change) {
                            column.subjects.emplace_back(change.subject);
                            column.values.push_back(change.after);
                          });
    } else {
      good = state_.apply(record, defined, [](const SeriesState::Change&) {});
    }
    if (!good) return "value of an undefined subject";
  }
  return {};
}

ChapterDecoder::Reason ChapterDecoder::apply(
    const Recycled<HistogramRecord>& histograms, bool emit) {
  for (const HistogramRecord& record : histograms) {
    if (dictionary_.metric(MetricId(record.metric)) == nullptr ||
        !may_have_values(record.subject)) {
      return "histogram of an undefined metric or subject";
    }
    const HistogramValue& value = state_.apply(record);
    if (emit) frame_.histograms.push_back(value);
  }
  return {};
}

Column& ChapterDecoder::add_column(uint32_t metric, int64_t begin_ns,
                                   int64_t span_ns) {
  if (spare_.empty()) {
    frame_.columns.emplace_back();
  } else {
    frame_.columns.push_back(std::move(spare_.back()));
    spare_.pop_back();
  }
  Column& column = frame_.columns.back();
  column.metric = MetricId(metric);
  column.read_begin = boot_time(begin_ns);
  column.read_span = Nanoseconds(span_ns);
  column.subjects.clear();
  column.values.clear();
  return column;
}

void ChapterDecoder::add_all_values() {
  for (uint32_t metric = 0; metric < state_.metric_count(); ++metric) {
    const SeriesState::MetricSeries* series = state_.series(metric);
    if (series == nullptr || series->present.empty()) continue;
    Column& column = add_column(metric, series->begin_ns, series->span_ns);
    column.subjects = series->present;
    for (const SubjectId id : series->present) {
      column.values.push_back(series->values[state_.slot(id.value)]);
    }
  }
  for (const auto& [key, value] : state_.histograms()) {
    frame_.histograms.push_back(value);
  }
}

void ChapterDecoder::clear_frame() {
  while (!frame_.columns.empty()) {
    spare_.push_back(std::move(frame_.columns.back()));
    frame_.columns.pop_back();
  }
  frame_.histograms.clear();
  frame_.ended.clear();
}

}  // namespace tidemark
