#include "core/analysis/edge_histograms.h"

#include <algorithm>
#include <string_view>

namespace tidemark {
namespace {

constexpr std::string_view kPrefix = "span.";
constexpr int64_t kTickNs = 10'000'000;

// A client that began during the recording had nothing before.
bool began_before(const Dictionary& dictionary, SubjectId id, BootTime first) {
  const Subject* subject = dictionary.subject(id);
  constexpr uint64_t kMostTicks = uint64_t{1} << 38;
  if (subject == nullptr || subject->process.start_ticks > kMostTicks) {
    return true;
  }
  const auto ticks = static_cast<int64_t>(subject->process.start_ticks);
  return boot_time(ticks * kTickNs) < first;
}

}  // namespace

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
    if (is_new && began_before(dictionary, value.subject, first_frame_)) {
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
