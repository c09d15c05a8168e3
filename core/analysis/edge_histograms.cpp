#include "core/analysis/edge_histograms.h"

#include <algorithm>
#include <string_view>

#include "core/analysis/foreign_times.h"

namespace tidemark {
namespace {

constexpr std::string_view kPrefix = "span.";

}  // namespace

// A client that began during the recording had nothing before.
bool EdgeHistograms::began_before(const Dictionary& dictionary,
                                  SubjectId id) const {
  const Subject* subject = dictionary.subject(id);
  if (subject == nullptr) return true;
  const Subject* command = dictionary.subject(command_);
  if (command != nullptr && command->process == subject->process) return false;
  // The kernel rounds it down: it may be as late as the end of its tick.
  const auto born = birth_time(subject->process.start_ticks + 1);
  return !born || *born <= first_frame_;
}

void EdgeHistograms::on_frame(const Frame& frame,
                              const Dictionary& dictionary) {
  if (first_frame_ == BootTime::min()) first_frame_ = frame.time;
  for (const HistogramValue& value : frame.histograms) {
    const Metric* metric = dictionary.metric(value.metric);
    if (metric == nullptr || !metric->name.starts_with(kPrefix)) continue;
    auto histogram = Histogram::from(value.buckets, value.sum, value.max);
    if (!histogram) continue;
    const auto [found, is_new] = series_.try_emplace(
        {metric->name.substr(kPrefix.size()), value.subject});
    Series& series = found->second;
    series.before = std::move(series.now);
    series.before_time = series.now_time;
    series.now = std::make_shared<const Histogram>(std::move(*histogram));
    series.now_time = frame.time;
    if (is_new && began_before(dictionary, value.subject)) {
      series.origin = series.now;
    }
  }
  last_frame_ = std::max(last_frame_, frame.time);
  for (const BootTime edge : std::exchange(pending_, {})) on_edge(edge);
}

void EdgeHistograms::on_edge(BootTime time) {
  if (time > last_frame_) {
    pending_.push_back(time);
  } else {
    keep(time);
  }
}

void EdgeHistograms::keep(BootTime edge) {
  for (auto& [key, series] : series_) {
    // An edge that is heard of late is nearer to the frame before.
    const bool is_late = series.before != nullptr && edge < series.now_time &&
                         edge - series.before_time < series.now_time - edge;
    const auto later = [](BootTime t, const auto& e) { return t < e.first; };
    const auto place =
        std::upper_bound(series.edges.begin(), series.edges.end(), edge, later);
    series.edges.insert(place, {edge, is_late ? series.before : series.now});
  }
}

void EdgeHistograms::forget(BootTime before, std::span<const BootTime> kept) {
  for (auto& [key, series] : series_) {
    auto& edges = series.edges;
    // The edge that holds at a time is the last one not later.
    std::vector<bool> stays(edges.size());
    const auto keep_at = [&](BootTime time) {
      size_t i = edges.size();
      while (i > 0 && edges[i - 1].first > time) --i;
      if (i > 0) stays[i - 1] = true;
    };
    for (size_t i = 0; i < edges.size(); ++i) {
      stays[i] = edges[i].first >= before;
    }
    keep_at(before);
    for (const BootTime time : kept) keep_at(time);
    size_t to = 0;
    for (size_t i = 0; i < edges.size(); ++i) {
      if (stays[i]) edges[to++] = edges[i];
    }
    edges.resize(to);
  }
}

EdgeHistograms::State EdgeHistograms::at(const Series& series, BootTime time) {
  if (time >= series.now_time) return series.now;
  const auto later = [](BootTime t, const auto& e) { return t < e.first; };
  const auto next =
      std::upper_bound(series.edges.begin(), series.edges.end(), time, later);
  return next == series.edges.begin() ? series.origin : std::prev(next)->second;
}

std::map<std::string, Histogram> EdgeHistograms::between(Span span) const {
  std::map<std::string, Histogram> result;
  static const Histogram kNothing;
  for (const auto& [key, series] : series_) {
    const State from = at(series, span.from);
    const State to = at(series, span.to);
    if (to == nullptr || to == from) continue;
    const Histogram grown = to->since(from == nullptr ? kNothing : *from);
    if (!grown.empty()) result[key.first].merge(grown);
  }
  return result;
}

}  // namespace tidemark
