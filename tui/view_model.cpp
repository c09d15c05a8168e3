#include "tui/view_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/text.h"
#include "tui/figures.h"

namespace tidemark {
namespace {

const Run* run_at(const PhaseTracker& tracker, BootTime time) {
  const Run* found = nullptr;
  for (const Run& run : tracker.runs()) {
    if (run.begin <= time) found = &run;
  }
  return found;
}

std::string first_word_of(const std::vector<std::string>& command) {
  if (command.empty()) return {};
  const std::string& program = command.front();
  const size_t slash = program.rfind('/');
  return slash == std::string::npos ? program : program.substr(slash + 1);
}

}  // namespace

ViewModel::ViewModel(const ModelInput& input, const Choices& choices)
    : input_(input), choices_(choices) {
  rows_ =
      make_rows({input.history, input.shown, input.dictionary,
                 input.verdicts.findings, input.info.ticks_per_second, over()},
                &brief_);
  choose_rows();
}

void ViewModel::choose_rows() {
  for (const ProcessRow& row : rows_) {
    any_watched_ |= row.subject->watched;
    if (row.ended) continue;
    ++alive_;
    if (row.subject->watched) ++watched_;
  }
  const bool watched_only = shows_watched_only();
  std::erase_if(rows_, [&](const ProcessRow& row) {
    if (watched_only && !row.subject->watched) return true;
    return !matches(row, choices_.filter);
  });
  if (choices_.by_role) group_by_role(rows_);
  sort_rows(rows_, choices_.sort, choices_.reverse);
  if (choices_.tree) arrange_as_tree(rows_);
}

bool ViewModel::shows_watched_only() const {
  return choices_.watched_only && any_watched_;
}

bool ViewModel::at_tail() const { return time() >= history().tail().time(); }

std::string ViewModel::wall_time(BootTime time) const {
  const ClockAnchor& anchor = input_.info.anchor;
  constexpr int64_t kFar = int64_t{1} << 61;  // no clock says this
  if (std::abs(anchor.realtime_ns) > kFar || std::abs(anchor.boot_ns) > kFar) {
    return "--:--:--";
  }
  return wall_clock(anchor.realtime_at(time));
}

std::string ViewModel::since_begin(BootTime time) const {
  return elapsed_clock(time - history().begin());
}

std::string ViewModel::run_name() const {
  const Run* run = run_at(history().phases(), time());
  return run != nullptr ? run->name : first_word_of(input_.info.command);
}

std::string ViewModel::mode_word() const {
  switch (input_.mode) {
    case Mode::live: return "LIVE";
    case Mode::stalled: return "STALLED";
    case Mode::paused: return "PAUSED";
    case Mode::replay:
      if (input_.playing) return "PLAYING";
      return at_tail() ? "END" : "REPLAY";
  }
  return {};
}

std::string ViewModel::sample_age() const {
  const bool following =
      input_.mode == Mode::live || input_.mode == Mode::stalled;
  if (!following || input_.now <= time()) return {};
  const double seconds = to_seconds(input_.now - time());
  if (seconds < 60) return fmt::format("+{:.1f}s", seconds);
  return "+" + short_age(input_.now - time());
}

std::string ViewModel::interval() const {
  const int64_t ns = shown().interval().count() > 0 ? shown().interval().count()
                                                    : input_.info.interval_ns;
  if (ns <= 0) return "-";
  if (ns < 1'000'000'000) return fmt::format("{}ms", ns / 1'000'000);
  return fmt::format("{:g}s", static_cast<double>(ns) * 1e-9);
}

const Phase* ViewModel::phase() const { return history().phases().at(time()); }

std::string ViewModel::phase_path() const {
  const Phase* now = phase();
  if (now == nullptr) return "no phase";
  return now->label(history().phases().repeats(now->path));
}

std::string ViewModel::phase_elapsed() const {
  const Phase* now = phase();
  if (now == nullptr) return {};
  const std::string elapsed = elapsed_clock(time() - now->begin);
  return elapsed.starts_with("00:") ? elapsed.substr(3) : elapsed;
}

std::optional<double> ViewModel::self_total(std::string_view name,
                                            bool rate) const {
  const Metric* metric = input_.dictionary.find_metric(name);
  if (metric == nullptr) return std::nullopt;
  return rate ? shown().total_rate(metric->id) : shown().total(metric->id);
}

std::optional<double> ViewModel::self_cpu() const {
  const auto rate = self_total("self.cpu", true);
  if (!rate) return std::nullopt;
  return *rate * 1e-9;
}

std::optional<double> ViewModel::self_rss() const {
  return self_total("self.rss", false);
}

std::optional<double> ViewModel::dropped() const {
  return self_total("self.dropped", false);
}

double ViewModel::coverage() const {
  const auto taken = static_cast<double>(history().ticks());
  const double expected =
      taken + static_cast<double>(history().missing_ticks());
  return expected > 0 ? taken / expected : 1.0;
}

size_t ViewModel::count_findings(Verdict verdict) const {
  return static_cast<size_t>(
      std::ranges::count(findings(), verdict, &Finding::verdict));
}

TimeAxis ViewModel::axis(int columns) const {
  if (choices_.window) {
    const auto [from, to] = *choices_.window;
    return {from, std::max(to, from + Nanoseconds(1)), std::max(columns, 1)};
  }
  const BootTime begin = history().begin();
  // A run of one sample still has a width.
  const BootTime end = std::max(history().end(), begin + Nanoseconds(1));
  return {begin, end, std::max(columns, 1)};
}

size_t ViewModel::selected_index() const {
  const auto found =
      std::ranges::find(rows_, choices_.selected, &ProcessRow::id);
  return found == rows_.end() ? 0 : static_cast<size_t>(found - rows_.begin());
}

const ProcessRow* ViewModel::selected() const {
  return rows_.empty() ? nullptr : &rows_[selected_index()];
}

std::optional<size_t> ViewModel::find_match(std::string_view words, size_t from,
                                            int direction, bool here) const {
  const size_t size = rows_.size();
  if (size == 0 || words.empty()) return std::nullopt;
  const size_t step = direction > 0 ? 1 : size - 1;
  size_t at = here ? from % size : (from + step) % size;
  for (size_t seen = 0; seen < size; ++seen, at = (at + step) % size) {
    if (matches(rows_[at], words)) return at;
  }
  return std::nullopt;
}

std::string ViewModel::subject_title(SubjectId id) const {
  const Subject* subject = input_.dictionary.subject(id);
  if (subject == nullptr) return {};
  const std::string& name =
      subject->role.empty() ? subject->name : subject->role;
  if (subject->process.pid.value <= 0) return name;
  return name + " " + std::to_string(subject->process.pid.value);
}

}  // namespace tidemark
