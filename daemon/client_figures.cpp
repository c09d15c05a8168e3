#include "daemon/client_figures.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

namespace tidemark {
namespace {

constexpr uint32_t kPages = TIDEMARK_BUCKETS / TIDEMARK_BUCKET_PAGE;

// Shown as they are, but never negative where they only can grow.
int64_t as_count(uint64_t value) {
  return static_cast<int64_t>(
      std::min(value, static_cast<uint64_t>(INT64_MAX)));
}

void append_page(const ClientSegment::BucketPage& page, uint32_t index,
                 HistogramValue& value) {
  for (uint32_t i = 0; i < page.size(); ++i) {
    if (page[i] == 0) continue;
    value.buckets.emplace_back(index * TIDEMARK_BUCKET_PAGE + i, page[i]);
  }
}

// The run of touched pages that begins at or after `page`, at most `limit`.
std::pair<uint32_t, uint32_t> touched_run(const ClientSegment& segment,
                                          uint32_t histogram, uint32_t page,
                                          uint32_t limit) {
  while (page < kPages && !segment.page_touched(histogram, page)) ++page;
  uint32_t count = 0;
  while (page + count < kPages && count < limit &&
         segment.page_touched(histogram, page + count)) {
    ++count;
  }
  return {page, count};
}

}  // namespace

MetricId ClientMetrics::get(std::string_view prefix, std::string_view name,
                            MetricKind kind, Unit unit, std::string_view help) {
  std::string full(prefix);
  full += name;
  if (const auto found = ids_.find(full); found != ids_.end()) {
    return found->second;
  }
  if (ids_.size() >= kMaxMetrics) {
    ++refused_;
    return {};
  }
  const MetricId id =
      definer_.define_metric({full, SubjectKind::client, kind, unit, help});
  ids_.emplace(std::move(full), id);
  return id;
}

void ClientFigures::define(Figure& figure, ClientMetrics& metrics) {
  const auto get = [&](std::string_view prefix, MetricKind kind, Unit unit,
                       std::string_view help) {
    return metrics.get(prefix, figure.name, kind, unit, help);
  };
  switch (figure.kind) {
    case TIDEMARK_NAME_OP:
      figure.first = get("op.", MetricKind::counter, Unit::count,
                         "units of work done, as the client counts them");
      figure.second = get("errors.", MetricKind::counter, Unit::count,
                          "units of work that failed, by the client's count");
      return;
    case TIDEMARK_NAME_COUNTER:
      figure.first = get("counter.", MetricKind::counter, Unit::count,
                         "a counter of the client");
      return;
    case TIDEMARK_NAME_GAUGE:
      figure.first = get("gauge.", MetricKind::gauge, Unit::real,
                         "a level the client reports");
      return;
    case TIDEMARK_NAME_SPAN:
      figure.first = get("span.", MetricKind::histogram, Unit::nanoseconds,
                         "durations the client timed");
      figure.second = get("span_errors.", MetricKind::counter, Unit::count,
                          "timed operations that failed");
      return;
    default: return;
  }
}

// A client must not put two values into one cell of a frame.
bool ClientFigures::is_repeated(const Figure& figure) const {
  return std::any_of(figures_.begin(), figures_.end(), [&](const Figure& f) {
    return f.kind == figure.kind && f.name == figure.name;
  });
}

// Names are read once, when the client has published them.
void ClientFigures::learn(const ClientSegment& segment) {
  const uint32_t count = segment.name_count().clamped(0, TIDEMARK_NAMES);
  while (figures_.size() < count) {
    const tidemark_name raw =
        segment.copy_name(static_cast<uint32_t>(figures_.size()));
    Figure figure;
    const bool valid = raw.length >= 1 && raw.length <= TIDEMARK_NAME_BYTES &&
                       raw.histogram < TIDEMARK_HISTOGRAMS;
    if (valid) {
      figure.kind = raw.kind;
      figure.histogram = raw.histogram;
      figure.name.assign(raw.text, raw.length);
      if (is_repeated(figure)) figure.kind = 0;
    }
    figures_.push_back(std::move(figure));
  }
}

void ClientFigures::put_histogram(const ClientSegment& segment,
                                  SubjectId subject, const Figure& figure,
                                  int64_t sum, FrameBuilder& frame) {
  HistogramValue value;
  value.metric = figure.first;
  value.subject = subject;
  value.sum = sum;
  value.max = as_count(segment.histogram_max(figure.histogram));
  std::array<ClientSegment::BucketPage, 8> pages;
  for (uint32_t page = 0; page < kPages;) {
    const auto [first, count] = touched_run(
        segment, figure.histogram, page, static_cast<uint32_t>(pages.size()));
    if (count == 0) break;
    const std::span into(pages.data(), count);
    if (!segment.read_buckets(figure.histogram, first, into)) return;
    for (uint32_t i = 0; i < count; ++i) {
      append_page(into[i], first + i, value);
    }
    page = first + count;
  }
  if (!value.buckets.empty()) frame.put_histogram(std::move(value));
}

void ClientFigures::sample(const ClientSegment& segment, SubjectId subject,
                           ClientMetrics& metrics, FrameBuilder& frame) {
  learn(segment);
  const uint32_t lanes = segment.lanes_used().clamped(1, TIDEMARK_LANES);
  for (uint32_t i = 0; i < figures_.size(); ++i) {
    Figure& figure = figures_[i];
    if (figure.kind == 0) continue;
    if (!figure.first.valid()) define(figure, metrics);
    if (!figure.first.valid()) continue;
    if (figure.kind == TIDEMARK_NAME_GAUGE) {
      const auto bits = segment.gauge(i);
      if (bits && std::isfinite(std::bit_cast<double>(*bits))) {
        frame.put(figure.first, subject, std::bit_cast<int64_t>(*bits));
      }
      continue;
    }
    const int64_t value = as_count(segment.counter(i, 0, lanes));
    if (figure.kind == TIDEMARK_NAME_SPAN) {
      put_histogram(segment, subject, figure, value, frame);
    } else {
      frame.put(figure.first, subject, value);
    }
    if (figure.second.valid()) {
      frame.put(figure.second, subject, as_count(segment.counter(i, 1, lanes)));
    }
  }
}

std::string_view ClientFigures::new_primary(const ClientSegment& segment) {
  const uint32_t primary = segment.primary().clamped(0, TIDEMARK_NAMES);
  if (primary == primary_) return {};
  learn(segment);
  if (primary == 0 || primary > figures_.size()) return {};
  primary_ = primary;
  const Figure& figure = figures_[primary - 1];
  return figure.kind == TIDEMARK_NAME_OP ? std::string_view(figure.name)
                                         : std::string_view();
}

}  // namespace tidemark
