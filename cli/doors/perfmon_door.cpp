#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "cli/doors/door.h"
#include "cli/doors/perfmon_metric.h"
#include "cli/doors/stream_server.h"

namespace tidemark {
namespace {

constexpr size_t kMaxMetrics = 256;
constexpr int64_t kMaxIntervalSeconds = 3600;

class PerfmonHandler final : public StreamHandler {
 public:
  PerfmonHandler() {
    cpu_ = read_cpu_times(kProc, -1, buffer_).value_or(procfs::CpuTimes{});
  }

  bool on_bytes(std::string& in, std::string& out) override {
    for (size_t end = in.find('\n'); end != std::string::npos;
         end = in.find('\n')) {
      std::string line = in.substr(0, end);
      in.erase(0, end + 1);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (!obey(line, out)) return false;
    }
    return true;
  }
  bool on_time(BootTime now, std::string& out) override {
    if (metrics_.empty() || !repeated_ || now < next_) return true;
    out += read_line();
    next_ = now + interval_;
    return true;
  }
  bool busy() const override { return repeated_ && !metrics_.empty(); }

 private:
  static constexpr const char* kProc = "/proc";

  // False: the connection ends.
  bool obey(const std::string& line, std::string& out) {
    const size_t colon = line.find(':');
    const std::string command = line.substr(0, colon);
    const std::string rest =
        colon == std::string::npos ? "" : line.substr(colon + 1);
    if (command == "test") {
      out += "Yep\n";
      return true;
    }
    if (command == "interval") return set_interval(rest);
    if (command == "metrics") {
      repeated_ = true;
      next_ = {};
      return set_metrics(rest);
    }
    if (command == "metrics-single") {
      repeated_ = false;
      if (!set_metrics(rest)) return false;
      out += read_line();
      return true;
    }
    // exit; and shutdown: the end of the recorder is not the peer's to say.
    return command.empty();
  }
  bool set_interval(const std::string& text) {
    int64_t seconds = 0;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, seconds);
    if (error != std::errc() || at != end || seconds < 1 ||
        seconds > kMaxIntervalSeconds) {
      return false;
    }
    interval_ = std::chrono::seconds(seconds);
    return true;
  }
  bool set_metrics(std::string_view text) {
    metrics_.clear();
    while (!text.empty()) {
      const size_t length = std::min(text.find('\t'), text.size());
      const std::string_view word = text.substr(0, length);
      text.remove_prefix(std::min(length + 1, text.size()));
      if (metrics_.size() == kMaxMetrics) return false;
      metrics_.emplace_back(parse_perfmon_field(word), kProc, cpu_);
    }
    return true;
  }
  std::string read_line() {
    std::string line;
    for (PerfmonMetric& metric : metrics_) {
      if (!line.empty()) line += '\t';
      const double value = metric.read(to_ns(clock_.now()));
      line += std::isnan(value) ? "NaN" : fmt::format("{}", value);
    }
    return line + "\n";
  }

  SystemClock clock_;
  std::string buffer_;
  procfs::CpuTimes cpu_;
  std::vector<PerfmonMetric> metrics_;
  Nanoseconds interval_ = std::chrono::seconds(1);
  BootTime next_;
  bool repeated_ = false;
};

}  // namespace

Result<std::unique_ptr<Door>> open_perfmon_door(const std::string& where,
                                                DoorContext context) {
  StreamLimits limits;
  limits.idle = std::chrono::minutes(5);
  TIDEMARK_TRY(auto server, StreamServer::open(where, context.loop, limits, [] {
                 return std::make_unique<PerfmonHandler>();
               }));
  return server;
}

}  // namespace tidemark
