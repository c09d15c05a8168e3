// What the exporter says of frames, roles, phases and ourselves.
#include "daemon/metric_publisher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "daemon/exporter.h"
#include "daemon/frame_writer.h"

namespace tidemark {
namespace {

class MetricPublisherTest : public testing::Test {
 protected:
  MetricPublisherTest()
      : processes_({"/nonexistent", "/nonexistent"}, registry_),
        publisher_(nullptr, registry_, processes_) {
    processes_.set_classify([](Subject& process) {
      if (!process.name.starts_with("web")) return;
      process.role = process.name.substr(0, 5);
      process.watched = true;
    });
  }

  MetricId metric(const std::string& name, MetricKind kind, Unit unit) {
    return registry_.define_metric(
        {name, SubjectKind::process, kind, unit, "help"});
  }
  // A scan that sees exactly these.
  std::vector<SubjectId> scan(const std::vector<std::string>& names) {
    processes_.begin_scan();
    std::vector<SubjectId> ids;
    for (size_t i = 0; i < names.size(); ++i) {
      const ProcessSeen seen{.key = {Pid{static_cast<int32_t>(100 + i)}, 500},
                             .parent = Pid{1},
                             .comm = names[i]};
      ids.push_back(processes_.observe(seen));
    }
    processes_.end_scan();
    return ids;
  }
  void frame(MetricId metric, const std::vector<SubjectId>& subjects,
             const std::vector<int64_t>& values) {
    Frame frame;
    time_ += std::chrono::seconds(1);
    frame.time = time_;
    Column column;
    column.metric = metric;
    column.subjects = subjects;
    column.values = values;
    frame.columns.push_back(column);
    publisher_.observe(frame, state());
  }
  EngineState state() {
    return {phases_,
            self_,
            {},
            3,
            {.boot_ns = 0, .monotonic_ns = 0, .realtime_ns = 1000}};
  }
  // "" when there is no such series: NAME{a=b,c=d}.
  std::optional<double> value(const std::string& wanted) {
    const MetricPage page = publisher_.page(state());
    for (const SeriesFamily& family : page) {
      for (const MetricSeries& series : family.series) {
        std::string text(family.name);
        for (const auto& [name, label] : series.labels) {
          text += " " + name + "=" + label;
        }
        if (text == wanted) return series.value;
      }
    }
    return std::nullopt;
  }

  Registry registry_;
  ProcessTable processes_;
  PhaseTracker phases_;
  SelfReadings self_;
  MetricPublisher publisher_;
  BootTime time_ = boot_time(10'000'000'000);
};

TEST_F(MetricPublisherTest, SumsARolesMembersAndNothingElse) {
  const MetricId rss = metric("rss_anon", MetricKind::gauge, Unit::bytes);
  const auto ids = scan({"web_a", "web_a", "other", "web_b"});
  frame(rss, ids, {100, 20, 5000, 7});
  const std::string name = "tidemark_process_resident_memory_bytes role=";
  EXPECT_EQ(value(name + "web_a type=anon"), 120);
  EXPECT_EQ(value(name + "web_b type=anon"), 7);
  EXPECT_EQ(value("tidemark_processes role=web_a"), 2);
  EXPECT_EQ(value("tidemark_processes role=other"), std::nullopt);
  // What was not read is absent, never zero.
  EXPECT_EQ(value("tidemark_process_open_fds role=web_a"), std::nullopt);
}

TEST_F(MetricPublisherTest, ARolesCountersNeverFall) {
  const MetricId cpu =
      metric("cpu_user", MetricKind::counter, Unit::nanoseconds);
  const auto ids = scan({"web_a", "web_a"});
  frame(cpu, ids, {3'000'000'000, 2'000'000'000});
  const std::string name =
      "tidemark_process_cpu_seconds_total role=web_a "
      "mode=user";
  EXPECT_EQ(value(name), 5);
  scan({"web_a"});
  frame(cpu, {ids[0]}, {4'000'000'000});
  EXPECT_EQ(value(name), 6);
  EXPECT_EQ(value("tidemark_process_exits_total role=web_a"), 1);
  EXPECT_EQ(value("tidemark_processes role=web_a"), 1);
}

TEST_F(MetricPublisherTest, TellsEachCauseOfLoss) {
  self_.values_refused = 5;
  self_.stacks_refused = 6;
  EXPECT_EQ(value("tidemark_lost_total cause=values_refused"), 5);
  EXPECT_EQ(value("tidemark_lost_total cause=stacks_refused"), 6);
  EXPECT_EQ(value("tidemark_lost_total cause=slow_disk"), 0);
}

TEST_F(MetricPublisherTest, HasABoundedNumberOfRoles) {
  const MetricId rss = metric("rss_anon", MetricKind::gauge, Unit::bytes);
  processes_.set_classify([](Subject& process) {
    process.role = "r" + process.name;
    process.watched = true;
  });
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i) names.push_back(std::to_string(i));
  const auto ids = scan(names);
  frame(rss, ids, std::vector<int64_t>(ids.size(), 1));
  const MetricPage page = publisher_.page(state());
  const auto found = std::ranges::find(
      page, std::string_view("tidemark_processes"), &SeriesFamily::name);
  ASSERT_NE(found, page.end());
  EXPECT_EQ(found->series.size(), RoleFigures::kMostRoles + 1);
  EXPECT_EQ(value("tidemark_processes role=other"),
            200 - RoleFigures::kMostRoles);
}

TEST_F(MetricPublisherTest, TellsRunAndPhaseApartFromTheSeries) {
  Event begin;
  begin.kind = EventKind::run_begin;
  begin.subject = SubjectId(0);
  begin.name = "soak\n\"x\"";
  phases_.apply(begin);
  begin.kind = EventKind::phase_begin;
  begin.name = "steady";
  begin.phase_kind = PhaseKind::steady;
  begin.time = boot_time(5'000'000'000);
  phases_.apply(begin);
  const MetricPage page = publisher_.page(state());
  const auto info = std::ranges::find(
      page, std::string_view("tidemark_phase_info"), &SeriesFamily::name);
  ASSERT_NE(info, page.end());
  ASSERT_EQ(info->series.size(), 1u);
  for (const auto& [name, label] : info->series[0].labels) {
    EXPECT_EQ(label.find('\n'), std::string::npos);
  }
  EXPECT_EQ(value("tidemark_phase_transitions_total"), 1);
  EXPECT_EQ(value("tidemark_clients"), 3);
}

TEST_F(MetricPublisherTest, OpsOfEndedClientsStayCounted) {
  const MetricId op = metric("op.checkout", MetricKind::counter, Unit::count);
  frame(op, {SubjectId(900), SubjectId(901)}, {10, 5});
  EXPECT_EQ(value("tidemark_ops_total op=checkout"), 15);
  frame(op, {SubjectId(901)}, {6});
  EXPECT_EQ(value("tidemark_ops_total op=checkout"), 16);
  frame(op, {}, {});
  EXPECT_EQ(value("tidemark_ops_total op=checkout"), 16);
}

TEST_F(MetricPublisherTest, CountsAlertsAndPressure) {
  const MetricId some =
      registry_.define_metric({"pressure.io_some", SubjectKind::system,
                               MetricKind::counter, Unit::nanoseconds, "help"});
  publisher_.alert("memory", "", 2);
  frame(some, {SubjectId(0)}, {2'500'000'000});
  EXPECT_EQ(value("tidemark_alerts_total"), 1);
  EXPECT_EQ(value("tidemark_pressure_waiting_seconds_total resource=io"), 2.5);
}

TEST_F(MetricPublisherTest, TellsWhichGatesFire) {
  const auto alert = [this](const std::string& name, int64_t value) {
    publisher_.alert(name, "", value);
  };
  const std::string memory = "tidemark_alert_firing gate=memory severity=";
  EXPECT_EQ(value(memory + "critical"), std::nullopt);
  alert("memory", 1);
  frame(MetricId(0), {}, {});
  EXPECT_EQ(value(memory + "warning"), 1);
  EXPECT_EQ(value(memory + "critical"), 0);
  alert("memory", 3);
  frame(MetricId(0), {}, {});
  EXPECT_EQ(value(memory + "warning"), 0);
  EXPECT_EQ(value(memory + "critical"), 1);
  alert("memory", 0);
  frame(MetricId(0), {}, {});
  EXPECT_EQ(value(memory + "critical"), 0);
  for (int i = 0; i < 1000; ++i) alert("gate" + std::to_string(i), 2);
  frame(MetricId(0), {}, {});
  EXPECT_EQ(value("tidemark_alert_firing gate=gate5 severity=critical"), 1);
  EXPECT_EQ(value("tidemark_alert_firing gate=gate999 severity=critical"),
            std::nullopt);
}

TEST_F(MetricPublisherTest, AnAlertOfARoleSaysSo) {
  publisher_.alert("leak of fds", "web\n", 2);
  publisher_.alert("leak of fds", "db", 2);
  publisher_.alert("leak of fds", "db", 0);
  const std::string leak =
      "tidemark_alert_firing gate=leak of fds severity=critical role=";
  EXPECT_EQ(value(leak + sanitize_log("web\n")), 1);
  EXPECT_EQ(value(leak + "db"), 0);
  EXPECT_EQ(value("tidemark_alerts_total"), 3);
}

class RoleFindingsTest : public MetricPublisherTest {
 protected:
  SubjectId process(const std::string& role) {
    Subject subject;
    subject.kind = SubjectKind::process;
    subject.id = SubjectId(next_++);
    subject.role = role;
    dictionary_.define(subject);
    return subject.id;
  }
  void find(SubjectId subject, Resource resource, Verdict verdict,
            double per_minute) {
    Finding& finding = findings_.emplace_back();
    finding.subject = subject;
    finding.resource = resource;
    finding.verdict = verdict;
    finding.slope_per_minute.value = per_minute;
    finding.min_detectable_per_minute = 30;
  }
  void take() {
    publisher_.take_findings(
        findings_by_role(findings_, dictionary_, boot_time(5'000'000'000)));
  }

  Dictionary dictionary_;
  std::vector<Finding> findings_;
  uint32_t next_ = 0;
};

TEST_F(RoleFindingsTest, ARoleIsAsBadAsItsWorstProcess) {
  EXPECT_EQ(value("tidemark_findings_timestamp_seconds"), std::nullopt);
  find(process("web"), Resource::heap, Verdict::none, 2);
  find(process("web"), Resource::heap, Verdict::leak, 600);
  find(process("web"), Resource::heap, Verdict::suspect, 60);
  find(process("web"), Resource::fds, Verdict::suspect, 6);
  find(process("db"), Resource::heap, Verdict::saturating, 900);
  find(process(""), Resource::heap, Verdict::leak, 900);
  take();
  const std::string verdict = "tidemark_leak_verdict_info role=";
  EXPECT_EQ(value(verdict + "web resource=heap verdict=leak"), 1);
  EXPECT_EQ(value(verdict + "web resource=heap verdict=none"), std::nullopt);
  EXPECT_EQ(value(verdict + "web resource=fds verdict=suspect"), 1);
  EXPECT_EQ(value(verdict + "db resource=heap verdict=saturating"), 1);
  EXPECT_EQ(value(verdict + " resource=heap verdict=leak"), std::nullopt);
  const std::string growth = "tidemark_leak_growth_";
  EXPECT_EQ(value(growth + "bytes_per_second role=web resource=heap"), 11);
  EXPECT_EQ(value(growth + "bytes_per_second role=db resource=heap"), 0);
  EXPECT_EQ(value(growth + "per_second role=web resource=fds"), 0.1);
  EXPECT_EQ(
      value("tidemark_leak_detectable_bytes_per_second role=db resource=heap"),
      0.5);
  EXPECT_NEAR(*value("tidemark_findings_timestamp_seconds"), 5, 1e-5);
}

TEST_F(RoleFindingsTest, ThereIsABoundedNumberOfThem) {
  for (int i = 0; i < 1000; ++i) {
    find(process("role" + std::to_string(i)), Resource::heap, Verdict::leak, 1);
  }
  const RoleFindings found =
      findings_by_role(findings_, dictionary_, boot_time(1));
  EXPECT_EQ(found.findings.size(), RoleFindings::kMostRoles);
  take();
  find(process("late"), Resource::heap, Verdict::leak, 1);
  findings_.erase(findings_.begin(), findings_.end() - 1);
  take();
  // What was found before is found no more.
  EXPECT_EQ(value("tidemark_leak_verdict_info role=role5 resource=heap "
                  "verdict=leak"),
            std::nullopt);
  EXPECT_EQ(
      value("tidemark_leak_verdict_info role=late resource=heap verdict=leak"),
      1);
}

TEST(Exporter, WantsAnAddressAndAPort) {
  for (const char* wrong : {"", "9435", ":9435", "127.0.0.1", "127.0.0.1:0",
                            "127.0.0.1:99999", "127.0.0.1:x"}) {
    const auto exporter = Exporter::listen(wrong);
    ASSERT_FALSE(exporter) << wrong;
    EXPECT_EQ(exporter.error().kind, ErrorKind::usage);
  }
}

}  // namespace
}  // namespace tidemark
