#include "tui/run_history.h"

#include <algorithm>
#include <string_view>

namespace tidemark {
namespace {

// Phase begins times processes: enough for 1,000 cycles of 500 processes.
constexpr size_t kBasesKept = 500'000;
// An unwatched process has a course once it used this much of a core.
constexpr double kMoverRatio = 0.01;

std::optional<double> course_value(const ProcessState& sample, Course course) {
  switch (course) {
    case Course::cpu: return sample.cpu_ratio();
    case Course::anon: return sample.value(Field::rss_anon);
    case Course::fds: return sample.value(Field::fds);
    case Course::threads: return sample.value(Field::threads);
    case Course::io_read: return sample.rate(Field::io_read_bytes);
    case Course::io_write: return sample.rate(Field::io_write_bytes);
  }
  return std::nullopt;
}

// The lives of unwatched processes would drown the marks.
bool is_shown(const Event& event, const Dictionary& dictionary) {
  switch (event.kind) {
    case EventKind::fork:
    case EventKind::exec:
    case EventKind::exit: {
      const Subject* subject = dictionary.subject(event.subject);
      return subject != nullptr && subject->watched;
    }
    default: return true;
  }
}

// Times of a foreign file are kept where sums of two cannot overflow.
bool is_sane(BootTime time) {
  return to_ns(time) >= 0 && to_ns(time) < int64_t{1} << 61;
}

template <typename Base>
std::optional<double> base_value(const Base& base, Field field) {
  return field == Field::fds ? base.fds : base.anon;
}

}  // namespace

RunHistory::RunHistory(Nanoseconds interval)
    : interval_(std::clamp(interval, Nanoseconds(1'000'000),
                           Nanoseconds(3'600'000'000'000))) {}

void RunHistory::see(BootTime time) {
  if (!seen_) begin_ = end_ = time;
  seen_ = true;
  begin_ = std::min(begin_, time);
  end_ = std::max(end_, time);
}

RunHistory::Courses RunHistory::make_courses() const {
  const BucketSeries empty(begin_, interval_);
  return {empty, empty, empty, empty, empty, empty};
}

void RunHistory::on_frame(const Frame& frame, bool chapter_begin,
                          const Dictionary& dictionary) {
  if (!is_sane(frame.time)) return;
  see(frame.time);
  find_metrics(dictionary);
  tail_.apply(frame, chapter_begin, dictionary);
  if (!frame.ended.empty() || chapter_begin) see_ends(dictionary);
  capture_bases();
  if (frame.kind != FrameKind::tick) return;
  ++ticks_;
  add_tick(frame, dictionary);
  add_ops(frame);
  host_.on_tick(tail_, dictionary, begin_, interval_, tail_.interval());
  cgroups_.on_tick(tail_, dictionary, begin_, interval_, tail_.interval());
}

void RunHistory::add_tick(const Frame& frame, const Dictionary& dictionary) {
  const Nanoseconds span = tail_.interval();
  std::array<std::optional<double>, kCourses> sums;
  for (const ProcessState& sample : tail_.processes()) {
    const Subject* subject = dictionary.subject(sample.id);
    const bool watched = subject != nullptr && subject->watched;
    if (sample.ended) continue;
    if (watched) see_first(sample);
    auto found = processes_.find(sample.id);
    if (found == processes_.end()) {
      const bool mover = sample.cpu_ratio().value_or(0) >= kMoverRatio;
      if (!(watched || mover) || processes_.size() >= kProcesses) continue;
      found = processes_.emplace(sample.id, make_courses()).first;
    }
    for (size_t i = 0; i < kCourses; ++i) {
      const auto value = course_value(sample, static_cast<Course>(i));
      if (!value) continue;
      found->second[i].add(frame.time, span, *value);
      if (watched) sums[i] = sums[i].value_or(0) + *value;
    }
  }
  if (!totals_) totals_ = std::make_unique<Courses>(make_courses());
  for (size_t i = 0; i < kCourses; ++i) {
    if (sums[i]) (*totals_)[i].add(frame.time, span, *sums[i]);
  }
}

void RunHistory::see_first(const ProcessState& sample) {
  Base& base = first_[sample.id];
  if (!base.anon) base.anon = sample.value(Field::rss_anon);
  if (!base.fds) base.fds = sample.value(Field::fds);
}

void RunHistory::find_metrics(const Dictionary& dictionary) {
  // Definitions come in order of their ids.
  const std::vector<Metric>& metrics = dictionary.metrics();
  for (; metrics_seen_ < metrics.size(); ++metrics_seen_) {
    const Metric& metric = metrics[metrics_seen_];
    if (!metric.id.valid()) return;
    const std::string_view name = metric.name;
    if (name.starts_with("op.") && !primary_op_.valid()) {
      primary_op_ = metric.id;
    }
  }
}

void RunHistory::set_primary(const std::string& op,
                             const Dictionary& dictionary) {
  const Metric* metric = dictionary.find_metric("op." + op);
  if (metric == nullptr || metric->id == primary_op_) return;
  primary_op_ = metric->id;
  ops_.reset();
}

void RunHistory::add_ops(const Frame& frame) {
  if (!primary_op_.valid()) return;
  const auto rate = tail_.total_rate(primary_op_);
  if (!rate) return;
  if (!ops_) ops_ = std::make_unique<BucketSeries>(begin_, interval_);
  ops_->add(frame.time, tail_.interval(), *rate);
}

// Ends come with edges too, and stay in the snapshot until the next tick.
void RunHistory::see_ends(const Dictionary& dictionary) {
  for (const ProcessState& sample : tail_.processes()) {
    if (!sample.ended) continue;
    const Subject* subject = dictionary.subject(sample.id);
    if (subject == nullptr || !subject->watched) continue;
    if (ended_.insert(sample.id).second) add_end(sample, tail_.time());
  }
}

void RunHistory::add_end(const ProcessState& sample, BootTime time) {
  End& end = ends_.emplace_back();
  end.subject = sample.id;
  end.time = time;
  end.anon = sample.value(Field::rss_anon);
  end.rss = sample.value(Field::rss);
  if (!end.rss) end.rss = sample.value(Field::rss_estimate);
  end.fds = sample.value(Field::fds);
  end.threads = sample.value(Field::threads);
  const auto user = sample.value(Field::cpu_user);
  const auto system = sample.value(Field::cpu_system);
  if (user && system) end.cpu_seconds = (*user + *system) * 1e-9;
}

// Readings at phase begins: the edge frame follows its mark, or precedes it.
void RunHistory::capture_bases() {
  while (bases_.size() < phases_.phases().size()) {
    if (tail_.time() < phases_.phases()[bases_.size()].begin) return;
    std::vector<Base>& bases = bases_.emplace_back();
    if (bases_kept_ >= kBasesKept) continue;
    for (const ProcessState& sample : tail_.processes()) {
      const auto anon = sample.value(Field::rss_anon);
      if (sample.ended || !anon) continue;
      bases.push_back({sample.id, anon, sample.value(Field::fds)});
    }
    std::ranges::sort(bases, {}, &Base::subject);
    bases_kept_ += bases.size();
  }
}

std::optional<double> RunHistory::at_first(SubjectId id, Field field) const {
  const auto found = first_.find(id);
  if (found == first_.end()) return std::nullopt;
  return base_value(found->second, field);
}

std::optional<double> RunHistory::at_phase_begin(size_t phase, SubjectId id,
                                                 Field field) const {
  if (phase >= bases_.size()) return std::nullopt;
  const auto& bases = bases_[phase];
  const auto found = std::ranges::lower_bound(bases, id, {}, &Base::subject);
  if (found == bases.end() || found->subject != id) return at_first(id, field);
  return base_value(*found, field);
}

void RunHistory::on_event(const Event& event, const Dictionary& dictionary) {
  if (!is_sane(event.time)) return;
  if (is_mark(event.kind)) see(event.time);
  phases_.apply(event);
  capture_bases();
  if (event.kind == EventKind::alert && event.value > 0) ++alerts_;
  if (event.kind == EventKind::client_primary) {
    set_primary(event.name, dictionary);
  }
  if (is_shown(event, dictionary)) add_event(event);
}

void RunHistory::add_event(const Event& event) {
  if (events_.size() >= kEvents) {
    const auto drop = static_cast<std::ptrdiff_t>(kEvents / 10);
    events_.erase(events_.begin(), events_.begin() + drop);
    forgotten_ += kEvents / 10;
  }
  // Marks reach the file a little after their own time.
  const auto after =
      std::ranges::upper_bound(events_, event.time, {}, &Event::time);
  events_.insert(after, event);
}

void RunHistory::on_gap(int64_t ticks) {
  missing_ += std::clamp<int64_t>(ticks, 0, int64_t{1} << 40);
}

const BucketSeries* RunHistory::of_process(SubjectId id, Course course) const {
  const auto found = processes_.find(id);
  if (found == processes_.end()) return nullptr;
  return &found->second[static_cast<size_t>(course)];
}

const BucketSeries* RunHistory::total(Course course) const {
  return totals_ ? &(*totals_)[static_cast<size_t>(course)] : nullptr;
}

}  // namespace tidemark
