// Recordings as text, so that tests compare them line by line and say where
// they differ.
#pragma once

#include <string>
#include <vector>

#include "core/store/recording_reader.h"

namespace tidemark {

inline std::string text_of(const Frame& frame) {
  std::string text = frame.kind == FrameKind::edge ? "edge" : "tick";
  text += " time=" + std::to_string(to_ns(frame.time));
  text += " interval=" + std::to_string(frame.interval_ns);
  if (!frame.complete) text += " incomplete";
  for (const Column& column : frame.columns) {
    text += " m" + std::to_string(column.metric.value) + "@" +
            std::to_string(to_ns(column.read_begin)) + "+" +
            std::to_string(column.read_span.count()) + "{";
    for (size_t i = 0; i < column.subjects.size(); ++i) {
      text += std::to_string(column.subjects[i].value) + ":" +
              std::to_string(column.values[i]) + " ";
    }
    text += "}";
  }
  for (const HistogramValue& value : frame.histograms) {
    text += " h" + std::to_string(value.metric.value) + "/" +
            std::to_string(value.subject.value) +
            " sum=" + std::to_string(value.sum) +
            " max=" + std::to_string(value.max);
    for (const auto& [bucket, count] : value.buckets) {
      text += " " + std::to_string(bucket) + "=" + std::to_string(count);
    }
  }
  for (const SubjectId id : frame.ended) {
    text += " ended " + std::to_string(id.value);
  }
  return text;
}

inline std::string text_of(const Event& event) {
  const ProcessLife& life = event.life;
  std::string text = "event time=" + std::to_string(to_ns(event.time));
  for (const int64_t number :
       {static_cast<int64_t>(event.kind),
        static_cast<int64_t>(event.subject.value), event.value,
        static_cast<int64_t>(event.phase_kind),
        static_cast<int64_t>(event.lane), static_cast<int64_t>(event.sequence),
        to_ns(event.received), static_cast<int64_t>(life.key.pid.value),
        static_cast<int64_t>(life.key.start_ticks),
        static_cast<int64_t>(life.parent.value), life.cpu_user_ns,
        life.cpu_system_ns, life.rss_peak_bytes, life.io_read_bytes,
        life.io_write_bytes, life.begin_ns}) {
    text += " " + std::to_string(number);
  }
  return text + " '" + event.name + "' '" + event.text + "'";
}

inline std::string text_of(const Gap& gap) {
  return "gap " + std::to_string(to_ns(gap.from)) + " " +
         std::to_string(to_ns(gap.to)) + " " + std::to_string(gap.ticks) +
         " '" + gap.reason + "'";
}

inline std::string text_of(const Damage& damage) {
  return std::to_string(damage.offset) + "+" + std::to_string(damage.bytes) +
         " " + damage.reason;
}

inline std::string text_of(const RecordingItem& item) {
  if (item.frame != nullptr) {
    return (item.chapter_begin ? "first " : "") + text_of(*item.frame);
  }
  if (item.gap != nullptr) return text_of(*item.gap);
  if (item.end) return "end " + std::to_string(to_ns(item.time));
  std::string text;
  for (const Event& event : *item.events) text += text_of(event) + "\n";
  return text;
}

// All items up to the end, for now.
inline std::vector<std::string> rest_of(RecordingReader& reader) {
  std::vector<std::string> items;
  while (auto item = reader.next()) items.push_back(text_of(*item));
  return items;
}

}  // namespace tidemark
