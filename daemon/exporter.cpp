#include "daemon/exporter.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#include "core/base/text.h"

namespace tidemark {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

// What the last tick published.
class Latest final : public prometheus::Collectable {
 public:
  Families Collect() const override {
    const std::lock_guard lock(mutex_);
    return *families_;
  }
  void set(std::shared_ptr<const Families> families) {
    const std::lock_guard lock(mutex_);
    families_ = std::move(families);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Families> families_ = std::make_shared<Families>();
};

prometheus::ClientMetric convert(const MetricSeries& series, SeriesKind kind) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : series.labels) {
    metric.label.push_back({name, value});
  }
  if (kind == SeriesKind::counter) {
    metric.counter.value = series.value;
  } else {
    metric.gauge.value = series.value;
  }
  return metric;
}

prometheus::MetricFamily convert(const SeriesFamily& family) {
  prometheus::MetricFamily result;
  result.name = family.name;
  result.help = family.help;
  result.type = family.kind == SeriesKind::counter
                    ? prometheus::MetricType::Counter
                    : prometheus::MetricType::Gauge;
  for (const MetricSeries& series : family.series) {
    result.metric.push_back(convert(series, family.kind));
  }
  return result;
}

Status check_address(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon != std::string::npos && colon > 0) {
    const auto port = parse_int(std::string_view(address).substr(colon + 1));
    if (port && *port >= 1 && *port <= 65535) return {};
  }
  return fail(ErrorKind::usage,
              "'" + address +
                  "': an address and a port are expected, such as "
                  "127.0.0.1:9435");
}

}  // namespace

struct Exporter::Impl {
  std::shared_ptr<Latest> latest = std::make_shared<Latest>();
  std::unique_ptr<prometheus::Exposer> server;
};

Exporter::Exporter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Exporter::~Exporter() = default;

Result<std::unique_ptr<Exporter>> Exporter::listen(const std::string& address) {
  TIDEMARK_CHECK(check_address(address));
  auto impl = std::make_unique<Impl>();
  try {
    // Several threads: while one scraper hangs another is served.
    impl->server =
        std::make_unique<prometheus::Exposer>(std::vector<std::string>{
            "listening_ports", address, "num_threads", "4",
            "request_timeout_ms", "5000", "enable_keep_alive", "no"});
    impl->server->RegisterCollectable(impl->latest);
  } catch (const std::exception&) {
    return fail(ErrorKind::io,
                "metrics: cannot listen on " + address +
                    "; another program may, or the address is not this host's");
  }
  return std::unique_ptr<Exporter>(new Exporter(std::move(impl)));
}

void Exporter::publish(const MetricPage& page) {
  auto families = std::make_shared<Families>();
  for (const SeriesFamily& family : page) {
    if (!family.series.empty()) families->push_back(convert(family));
  }
  impl_->latest->set(std::move(families));
}

}  // namespace tidemark
