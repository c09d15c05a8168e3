#include "report/baselines/run_figures.h"

#include <fmt/format.h>

#include <filesystem>
#include <span>

namespace tidemark {
namespace {

std::string scenario_of(const ReportData& data) {
  if (!data.run_name.empty()) return data.run_name;
  if (data.info.command.empty()) return "host";
  return std::filesystem::path(data.info.command.front()).filename().string();
}

// A kernel reserves a little less or more of the same memory.
std::string memory_text(int64_t bytes) {
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1 << 30));
}

std::string hex(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace

Testbed testbed_of(const RecordingInfo& info) {
  Testbed testbed;
  const auto set = [&](const char* key, const std::string& value) {
    if (!value.empty()) testbed[key] = value;
  };
  set("cpu_model", info.cpu_model);
  set("kernel", info.kernel);
  if (info.cpu_count > 0) set("cpus", std::to_string(info.cpu_count));
  if (info.memory_bytes > 0) set("memory", memory_text(info.memory_bytes));
  for (const std::string& level : info.levels) {
    if (!level.starts_with(kTestbedFact)) continue;
    const size_t at = level.find(": ");
    if (at == std::string::npos) continue;
    set(level.substr(kTestbedFact.size(), at - kTestbedFact.size()).c_str(),
        level.substr(at + 2));
  }
  return testbed;
}

Result<Testbed> testbed_of_recording(const std::string& path) {
  TIDEMARK_TRY(const RecordingReader reader, RecordingReader::open(path));
  return testbed_of(reader.info());
}

std::shared_ptr<const Baseline> with_head(Baseline figures,
                                          const ReportData& data) {
  figures.scenario = scenario_of(data);
  figures.run = hex(data.info.uuid);
  figures.producer = data.info.producer;
  figures.begin_ns = data.begin_ns;
  figures.seconds = data.seconds();
  figures.coverage = data.summary.quality.coverage;
  figures.aborted = data.aborted;
  if (figures.aborted.empty() && data.command_signal) {
    figures.aborted =
        fmt::format("the command died of signal {}", *data.command_signal);
  }
  figures.verdict = report_status_name(data.status);
  figures.testbed = testbed_of(data.info);
  return std::make_shared<const Baseline>(std::move(figures));
}

}  // namespace tidemark
