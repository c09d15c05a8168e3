// What the analysis keeps of the frames: the series of watched processes, the
// operation counts and span histograms of clients, and the times of the ticks.
// Values of unwatched processes and of the host are not kept.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/analysis/curve.h"
#include "core/analysis/packed_series.h"
#include "core/model/dictionary.h"
#include "core/model/event.h"
#include "core/model/frame.h"

namespace tidemark {

// The process metrics that are kept; counters first.
enum class Kept : uint8_t {
  cpu_user,
  cpu_system,
  minor_faults,
  major_faults,
  io_read,
  io_write,
  run_delay,
  rss_anon,  // a level from here on
  swap,
  rss_shmem,
  fds,
  sockets,
  threads,
  mappings,
  children,
  rss_file,
  heap_live,
  touched,  // anonymous memory, since it was followed
  touched_heap,
  touched_stacks,
  arenas,
};
inline constexpr size_t kKeptCount = 21;
constexpr bool is_counter(Kept kept) { return kept < Kept::rss_anon; }

struct ProcessSeries {
  std::array<PackedSeries, kKeptCount> series;
  BootTime first;  // its birth when that was recorded, else its first reading
  BootTime end;    // when it ended: its exit, else the last frame before
  bool ended = false;

  const PackedSeries& of(Kept kept) const {
    return series[static_cast<size_t>(kept)];
  }
  PackedSeries& of(Kept kept) { return series[static_cast<size_t>(kept)]; }
};

// One client's counts, by name without the prefix.
struct ClientSeries {
  std::map<std::string, PackedSeries> ops;          // op.NAME
  std::map<std::string, PackedSeries> span_errors;  // span_errors.NAME
};

class SeriesStore {
 public:
  void on_frame(const Frame& frame, const Dictionary& dictionary);
  // An ended process: its end, and its final figures. Found by its key when
  // the event names no subject.
  void on_exit(const Event& event);

  const std::map<SubjectId, ProcessSeries>& processes() const {
    return processes_;
  }
  const std::map<SubjectId, ClientSeries>& clients() const { return clients_; }
  // From birth to exit, as far as recorded.
  Span life(const ProcessSeries& process) const {
    return {process.first, process.ended ? process.end : frames_.last().time};
  }
  // When the metric was read, whether or not any value changed.
  const PackedSeries& reads(Kept kept) const {
    return reads_[static_cast<size_t>(kept)];
  }
  // The times of all frames, edges too.
  const PackedSeries& frames() const { return frames_; }

 private:
  enum class Use : uint8_t { unknown, ignored, process, op, span_error };
  struct Rule {
    Use use = Use::unknown;
    Kept kept = Kept::cpu_user;
    std::string name;
  };

  static Rule rule_of(const Metric& metric);
  const Rule& rule(MetricId metric, const Dictionary& dictionary);
  void take_process_column(const Column& column, Kept kept,
                           const Dictionary& dictionary);
  void take_client_column(const Column& column, const Rule& rule,
                          const Dictionary& dictionary);
  void append_counter(PackedSeries& series, const Reading& reading,
                      BootTime read_before, BootTime born);
  void begin_process(ProcessSeries& process, const Subject& subject,
                     BootTime time, const Dictionary& dictionary);
  BootTime birth(SubjectId id, const Dictionary& dictionary) const;
  BootTime client_birth(SubjectId id, const Dictionary& dictionary);
  void end_process(SubjectId id, BootTime time);

  std::map<SubjectId, ProcessSeries> processes_;
  std::map<SubjectId, ClientSeries> clients_;
  std::map<ProcessKey, SubjectId> first_client_;
  std::map<ProcessKey, SubjectId> by_key_;
  std::array<PackedSeries, kKeptCount> reads_;
  PackedSeries frames_;
  std::vector<Rule> rules_;            // by metric id
  std::vector<BootTime> read_before_;  // by metric id: its last column
};

}  // namespace tidemark
