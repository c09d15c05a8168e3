// The run as a Perfetto trace: phases as slices, notes as instants, and the
// charts as counters, on CLOCK_BOOTTIME, so that it can be merged with ftrace
// and perf traces of the same boot. Opens in ui.perfetto.dev.
//
// Field numbers:
// protos/perfetto/trace/{trace,trace_packet,clock_snapshot}.proto and
// track_event/{track_descriptor,counter_descriptor,track_event}.proto of
// https://github.com/google/perfetto.
#include <cmath>
#include <map>
#include <vector>

#include "core/base/text.h"
#include "report/format.h"
#include "report/protobuf_writer.h"
#include "report/report_data.h"
#include "report/sentences.h"
#include "report/wording.h"

namespace tidemark {
namespace {

namespace field {
constexpr uint32_t kPacket = 1;  // Trace
constexpr uint32_t kClockSnapshot = 6, kTimestamp = 8, kSequence = 10,
                   kTrackEvent = 11, kSequenceFlags = 13, kDescriptor = 60;
constexpr uint32_t kClocks = 1, kPrimaryClock = 2;     // ClockSnapshot
constexpr uint32_t kClockId = 1, kClockTimestamp = 2;  // Clock
constexpr uint32_t kUuid = 1, kName = 2, kParent = 5, kCounter = 8;
constexpr uint32_t kUnit = 3, kUnitName = 6;  // CounterDescriptor
constexpr uint32_t kType = 9, kTrack = 11, kEventName = 23, kValue = 44;
}  // namespace field

constexpr uint64_t kRealtime = 1, kMonotonic = 3, kBoottime = 6;
constexpr uint64_t kBegin = 1, kEnd = 2, kInstant = 3, kCounter = 4;
constexpr uint64_t kOurSequence = 1, kStateCleared = 1;
constexpr uint64_t kRun = 1;  // the track that all others are under

class Trace {
 public:
  explicit Trace(std::string& out) : out_(out) {}

  void clocks(const ClockAnchor& anchor) {
    ProtobufWriter snapshot;
    for (const auto& [id, ns] : {std::pair{kBoottime, anchor.boot_ns},
                                 {kMonotonic, anchor.monotonic_ns},
                                 {kRealtime, anchor.realtime_ns}}) {
      ProtobufWriter clock;
      clock.number(field::kClockId, id);
      clock.number(field::kClockTimestamp, static_cast<uint64_t>(ns));
      snapshot.message(field::kClocks, clock);
    }
    snapshot.number(field::kPrimaryClock, kBoottime);
    ProtobufWriter packet;
    packet.message(field::kClockSnapshot, snapshot);
    packet.number(field::kSequenceFlags, kStateCleared);
    put(packet);
  }

  // A new track under `parent`; 0: under none.
  uint64_t track(const std::string& name, uint64_t parent,
                 const TimelineChart* counter = nullptr) {
    const uint64_t uuid = next_track_++;
    ProtobufWriter track;
    track.number(field::kUuid, uuid);
    track.text(field::kName, sanitize_terminal(name));
    if (parent != 0) track.number(field::kParent, parent);
    if (counter != nullptr) {
      ProtobufWriter unit;
      if (counter->unit == ChartUnit::bytes) {
        unit.number(field::kUnit, 3);
      } else if (counter->unit == ChartUnit::count) {
        unit.number(field::kUnit, 2);
      } else {
        unit.text(field::kUnitName, chart_unit_name(counter->unit));
      }
      track.message(field::kCounter, unit);
    }
    ProtobufWriter packet;
    packet.message(field::kDescriptor, track);
    put(packet);
    return uuid;
  }

  void event(uint64_t type, uint64_t track, BootTime time,
             const std::string& name = "") {
    ProtobufWriter event = begin_event(type, track);
    if (!name.empty()) event.text(field::kEventName, sanitize_terminal(name));
    put_event(event, time);
  }
  void value(uint64_t track, BootTime time, double value) {
    ProtobufWriter event = begin_event(kCounter, track);
    event.real(field::kValue, value);
    put_event(event, time);
  }

 private:
  static ProtobufWriter begin_event(uint64_t type, uint64_t track) {
    ProtobufWriter event;
    event.number(field::kType, type);
    event.number(field::kTrack, track);
    return event;
  }
  void put_event(const ProtobufWriter& event, BootTime time) {
    ProtobufWriter packet;
    packet.number(field::kTimestamp, static_cast<uint64_t>(to_ns(time)));
    packet.message(field::kTrackEvent, event);
    put(packet);
  }
  void put(ProtobufWriter& packet) {
    packet.number(field::kSequence, kOurSequence);
    ProtobufWriter trace;
    trace.message(field::kPacket, packet);
    out_ += trace.bytes();
  }

  std::string& out_;
  uint64_t next_track_ = kRun;
};

// Slices of one track must nest, and phases of several clients may overlap:
// each goes to the first track of its depth that is free.
void add_phases(Trace& trace, const ReportData& data) {
  struct Lane {
    uint64_t track;
    BootTime free;
  };
  std::map<uint32_t, std::vector<Lane>> lanes;
  std::map<std::string, int> cycles;
  for (const PhaseUse& use : data.summary.phases) ++cycles[use.phase.path];
  for (const PhaseUse& use : data.summary.phases) {
    const Phase& phase = use.phase;
    const BootTime end = phase.end_in(data.summary.end);
    std::vector<Lane>& here = lanes[phase.depth];
    size_t i = 0;
    while (i < here.size() && here[i].free > phase.begin) ++i;
    if (i == here.size()) {
      here.push_back({trace.track("phases", kRun), phase.begin});
    }
    here[i].free = end;
    trace.event(kBegin, here[i].track, phase.begin,
                phase.label(cycles[phase.path] > 1));
    trace.event(kEnd, here[i].track, end);
  }
}

void add_notes(Trace& trace, const ReportData& data) {
  uint64_t track = 0;
  for (const Event& event : data.summary.notes) {
    if (!is_news(event)) continue;
    if (track == 0) track = trace.track("notes", kRun);
    trace.event(kInstant, track, event.time, note_text(data, event));
  }
}

void add_charts(Trace& trace, const ReportData& data) {
  const Timeline& timeline = data.timeline;
  for (const TimelineChart& chart : timeline.charts) {
    const uint64_t group = trace.track(chart.title, kRun);
    for (const TimelineSeries& series : chart.series) {
      const uint64_t track = trace.track(series.name, group, &chart);
      for (size_t i = 0; i < series.mean.size(); ++i) {
        if (!std::isfinite(series.mean[i])) continue;
        trace.value(track, timeline.at(i), series.mean[i]);
      }
    }
  }
}

}  // namespace

Status render_perfetto(const ReportData& data, const FormatOptions&,
                       std::string& out) {
  Trace trace(out);
  trace.clocks(data.info.anchor);
  trace.track("Tidemark: " + headline(data), 0);
  add_phases(trace, data);
  add_notes(trace, data);
  add_charts(trace, data);
  return {};
}

}  // namespace tidemark
