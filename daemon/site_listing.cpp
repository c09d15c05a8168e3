#include "daemon/site_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/analysis/site_title.h"
#include "core/base/text.h"
#include "core/store/recording_reader.h"

namespace tidemark {
namespace {

constexpr size_t kCallers = 4;  // frames shown below the title

// The last values of one process or one stack of it.
struct Figures {
  int64_t live_bytes = 0, live_count = 0;
  int64_t alloc_bytes = 0, alloc_count = 0;
  int64_t samples = 0;
};

struct Heap {
  Figures all;
  int64_t period = 1, cost_ns = 0;
  std::map<StackId, Figures> sites;
};

class Listing {
 public:
  explicit Listing(RecordingReader reader) : reader_(std::move(reader)) {}

  std::string text(size_t most) {
    read();
    return write(most);
  }

  // Of one process, at the end of the recording.
  std::string text_of(ProcessKey process, size_t most) {
    only_ = process;
    // Also of a process that has ended meanwhile.
    Values last;
    while (const auto item = reader_.next()) {
      if (item->frame != nullptr) take_changes(*item->frame, last);
    }
    for (const auto& [id, values] : last) sort_in(id, values);
    return write(most);
  }

 private:
  using Values = std::map<SubjectId, std::map<std::string, int64_t>>;

  std::string write(size_t most) const {
    std::string out;
    for (const auto& [process, heap] : heaps_)
      add_heap(process, heap, most, out);
    if (heaps_.empty()) out += "no heap was traced\n";
    for (const Event& event : events_) {
      out += "  " + sanitize_terminal(event.text) + "\n";
    }
    return out;
  }

  void read() {
    Values last;
    while (const auto item = reader_.next()) {
      take_values(last);
      take_event(*item);
    }
    for (const auto& [id, values] : last) sort_in(id, values);
  }

  void take_values(Values& last) {
    for (const Metric& metric : reader_.dictionary().metrics()) {
      if (!is_ours(metric.name)) continue;
      reader_.for_each_value(metric.id, [&](SubjectId id, int64_t value) {
        last[id][metric.name] = value;
      });
    }
  }

  // What changed in a frame; a chapter's first one has all.
  void take_changes(const Frame& frame, Values& last) const {
    for (const Column& column : frame.columns) {
      const Metric* metric = reader_.dictionary().metric(column.metric);
      if (metric == nullptr || !is_ours(metric->name)) continue;
      for (size_t i = 0; i < column.subjects.size(); ++i) {
        last[column.subjects[i]][metric->name] = column.values[i];
      }
    }
  }

  static bool is_ours(std::string_view name) {
    return name.starts_with("site.") || name.starts_with("heap.");
  }

  void take_event(const RecordingItem& item) {
    if (item.events == nullptr) return;
    for (const Event& event : *item.events) {
      const bool ours =
          event.kind == EventKind::heap ||
          (event.kind == EventKind::degraded && event.name == "heap");
      if (ours) events_.push_back(event);
    }
  }

  void sort_in(SubjectId id, const std::map<std::string, int64_t>& values) {
    const Subject* subject = reader_.dictionary().subject(id);
    if (subject == nullptr || !is_meant(*subject)) return;
    const auto value = [&](const char* name) {
      const auto found = values.find(name);
      return found == values.end() ? 0 : found->second;
    };
    if (subject->kind == SubjectKind::process) {
      Heap& heap = heaps_[id];
      heap.all = {value("heap.live_bytes"), value("heap.live_count"),
                  value("heap.alloc_bytes"), value("heap.alloc_count"),
                  value("heap.samples")};
      heap.period = std::max<int64_t>(value("heap.sample_bytes"), 1);
      heap.cost_ns = value("heap.probe_cost");
      return;
    }
    if (subject->kind != SubjectKind::site ||
        subject->site_kind != SiteKind::heap) {
      return;
    }
    Figures& sum = heaps_[subject->owner].sites[subject->stack];
    sum.live_bytes += value("site.live_bytes");
    sum.live_count += value("site.live_count");
    sum.alloc_bytes += value("site.alloc_bytes");
    sum.alloc_count += value("site.alloc_count");
    sum.samples += value("site.samples");
  }

  bool is_meant(const Subject& subject) const {
    if (!only_) return true;
    const Subject* process = subject.kind == SubjectKind::site
                                 ? reader_.dictionary().subject(subject.owner)
                                 : &subject;
    return process != nullptr && process->process == *only_;
  }

  void add_heap(SubjectId process, const Heap& heap, size_t most,
                std::string& out) const {
    const Subject* subject = reader_.dictionary().subject(process);
    const std::string name =
        subject == nullptr ? "?" : sanitize_terminal(subject->name);
    const int32_t pid = subject == nullptr ? 0 : subject->process.pid.value;
    out += fmt::format(
        "{} ({}): {} alive in {} blocks; {} calls took {}; {} samples, {}; "
        "probes took {}\n",
        name, pid, bytes(heap.all.live_bytes), heap.all.live_count,
        heap.all.alloc_count, bytes(heap.all.alloc_bytes), heap.all.samples,
        heap.period == 1 ? std::string("every block")
                         : "one in " + bytes(heap.period),
        format_duration(Nanoseconds(heap.cost_ns)));
    std::vector<std::pair<StackId, Figures>> order(heap.sites.begin(),
                                                   heap.sites.end());
    std::ranges::stable_sort(order, [](const auto& a, const auto& b) {
      return a.second.live_bytes > b.second.live_bytes;
    });
    if (order.size() > most) order.resize(most);
    for (const auto& [stack, figures] : order) {
      add_site(stack, figures, heap.period, out);
    }
  }

  void add_site(StackId stack, const Figures& figures, int64_t period,
                std::string& out) const {
    const auto frames = reader_.stacks().resolve(stack);
    const double error = period == 1
                             ? 0
                             : std::sqrt(static_cast<double>(period) *
                                         static_cast<double>(std::max<int64_t>(
                                             figures.live_bytes, 0)));
    out += fmt::format(
        "  {:>10}{} in {} blocks of {} taken  {}\n", bytes(figures.live_bytes),
        error > 0 ? " ± " + format_bytes(error) : "", figures.live_count,
        figures.alloc_count, sanitize_terminal(site_title(frames)));
    const std::vector<std::string> callers = caller_texts(frames);
    for (size_t i = 0; i < std::min(callers.size(), kCallers); ++i) {
      out += fmt::format("{:14}{}\n", "", sanitize_terminal(callers[i]));
    }
  }

  static std::string bytes(int64_t count) {
    return format_bytes(static_cast<double>(count));
  }

  RecordingReader reader_;
  std::optional<ProcessKey> only_;
  std::map<SubjectId, Heap> heaps_;
  std::vector<Event> events_;
};

}  // namespace

Result<std::string> list_sites(const std::string& recording, size_t most) {
  TIDEMARK_TRY(RecordingReader reader, RecordingReader::open(recording));
  return Listing(std::move(reader)).text(most);
}

Result<std::string> list_sites_of(const std::string& recording,
                                  ProcessKey process, size_t most) {
  TIDEMARK_TRY(RecordingReader reader, RecordingReader::open(recording));
  return Listing(std::move(reader)).text_of(process, most);
}

}  // namespace tidemark
