// Both ends of the channel in one process: libtidemark as any program links
// it, and a ClientHost on a socket of its own.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tidemark/tidemark.hpp>
#include <utility>
#include <vector>

#include "core/os/system_clock.h"
#include "daemon/client_host.h"
#include "daemon/registry.h"

namespace tidemark::test {

// Values as they were put, by metric name and subject.
class TakenFrame final : public FrameBuilder {
 public:
  void put(MetricId metric, SubjectId subject, int64_t value) override {
    EXPECT_TRUE(values.emplace(std::pair(metric, subject), value).second)
        << "two values for one cell";
  }
  void put_histogram(HistogramValue value) override {
    histograms.push_back(std::move(value));
  }

  std::map<std::pair<MetricId, SubjectId>, int64_t> values;
  std::vector<HistogramValue> histograms;
};

class ChannelTest : public ::testing::Test {
 protected:
  ChannelTest() {
    char pattern[] = "/tmp/tidemark-test-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    socket_ = folder_ + "/client.sock";
    ::setenv("TIDEMARK_SOCKET", socket_.c_str(), 1);
  }
  ~ChannelTest() override {
    host_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start_host() {
    ClientHostOptions options;
    options.path = socket_;
    options.max_clients_per_uid = 256;
    options.marks_per_second = marks_per_second_;
    auto host = ClientHost::create(options, registry_);
    ASSERT_TRUE(host) << host.error().what;
    host_ = std::move(*host);
  }
  // Runs `body` in a child; returns its pid.
  template <typename Body>
  static pid_t in_child(Body&& body) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
      body();
      ::_exit(0);
    }
    return child;
  }
  static int wait_for(pid_t child) {
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
  }

  // As the engine does it every 10 ms; the events stay in `events_`.
  void turn(bool publish = true) {
    host_->service(now());
    DrainBatch batch;
    host_->drain(now(), batch);
    events_.insert(events_.end(), batch.events.begin(), batch.events.end());
    if (!publish) {
      held_.append(std::move(batch));
      return;
    }
    batch.publish();
  }
  // Turns until `done`, at most ten seconds.
  bool turn_until(const std::function<bool()>& done) {
    const BootTime deadline = now() + Nanoseconds(10'000'000'000);
    while (now() < deadline) {
      turn();
      if (done()) return true;
      ::usleep(1000);
    }
    return false;
  }

  std::vector<Event> of_kind(EventKind kind) const {
    std::vector<Event> result;
    for (const Event& event : events_) {
      if (event.kind == kind) result.push_back(event);
    }
    return result;
  }
  size_t count(EventKind kind) const { return of_kind(kind).size(); }
  // The value last sampled of the only client that has this metric.
  std::optional<int64_t> sampled(const std::string& metric) {
    TakenFrame frame;
    host_->sample(frame);
    const MetricId id = registry_.define_metric(
        {metric, SubjectKind::client, MetricKind::counter, Unit::count, ""});
    for (const auto& [cell, value] : frame.values) {
      if (cell.first == id) return value;
    }
    return std::nullopt;
  }
  BootTime now() const { return clock_.now(); }

  SystemClock clock_;
  Registry registry_;
  std::string folder_;
  std::string socket_;
  uint32_t marks_per_second_ = 10'000'000;
  std::unique_ptr<ClientHost> host_;
  std::vector<Event> events_;
  DrainBatch held_;  // drained, not published
};

}  // namespace tidemark::test
