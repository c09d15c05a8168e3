// Serves the latest figures to Prometheus over HTTP (prometheus-cpp). A scrape
// reads what the last tick published; it never makes anybody sample, and one
// that hangs holds a thread of the server's own until its time is over.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"
#include "daemon/metric_page.h"

namespace tidemark {

class Exporter {
 public:
  // "127.0.0.1:9435" or "[::1]:9435"; a bare ":9435" would be every interface
  // and is refused. Errors: usage; io when nobody can listen there.
  static Result<std::unique_ptr<Exporter>> listen(const std::string& address);
  ~Exporter();
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  void publish(const MetricPage& page);

 private:
  struct Impl;
  explicit Exporter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
