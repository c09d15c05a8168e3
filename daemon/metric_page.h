// What the exporter says: families of series with labels, each with its help.
// Plain data, so that it is made and tested without a server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark {

enum class SeriesKind : uint8_t { counter, gauge };

using SeriesLabels = std::vector<std::pair<std::string, std::string>>;

struct MetricSeries {
  SeriesLabels labels;
  double value = 0;
};

struct SeriesFamily {
  std::string_view name;  // of a literal: "tidemark_ticks_total"
  std::string_view help;
  SeriesKind kind = SeriesKind::gauge;
  std::vector<MetricSeries> series;

  void add(SeriesLabels labels, double value) {
    series.push_back({std::move(labels), value});
  }
};

using MetricPage = std::vector<SeriesFamily>;

}  // namespace tidemark
