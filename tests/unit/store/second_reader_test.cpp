// Two readers that share no code, the second written from FORMAT.md in Python,
// must find the same in every recording.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/unit/store/recording_script.h"

namespace tidemark {
namespace {

using nlohmann::json;

template <typename Bytes>
std::string hex(const Bytes& bytes) {
  std::string text;
  for (const auto each : bytes) {
    const auto byte = static_cast<uint8_t>(each);
    constexpr const char* kDigits = "0123456789abcdef";
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

// Raw bytes as JSON text, one character each.
std::string latin(const std::string& raw) {
  std::string text;
  for (const char c : raw) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0 | (byte >> 6));
      text += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return text;
}

json to_json(const Frame& frame, bool first) {
  json columns = json::array();
  for (const Column& column : frame.columns) {
    json values = json::array();
    for (size_t i = 0; i < column.subjects.size(); ++i) {
      values.push_back({column.subjects[i].value, column.values[i]});
    }
    columns.push_back({column.metric.value, to_ns(column.read_begin),
                       column.read_span.count(), values});
  }
  json histograms = json::array();
  for (const HistogramValue& value : frame.histograms) {
    json buckets = json::array();
    for (const auto& [bucket, count] : value.buckets) {
      buckets.push_back({bucket, count});
    }
    histograms.push_back({value.metric.value, value.subject.value, value.sum,
                          value.max, buckets});
  }
  json ended = json::array();
  for (const SubjectId id : frame.ended) ended.push_back(id.value);
  return {{"type", "frame"},
          {"time", to_ns(frame.time)},
          {"first", first},
          {"edge", frame.kind == FrameKind::edge},
          {"complete", frame.complete},
          {"interval", frame.interval_ns},
          {"columns", columns},
          {"histograms", histograms},
          {"ended", ended}};
}

json to_json(const Event& event) {
  const ProcessLife& life = event.life;
  return {{"time", to_ns(event.time)},
          {"kind", static_cast<int>(event.kind)},
          {"subject",
           event.subject.valid() ? json(event.subject.value) : json(nullptr)},
          {"name", latin(event.name)},
          {"text", latin(event.text)},
          {"value", event.value},
          {"phase_kind", static_cast<int>(event.phase_kind)},
          {"lane", event.lane},
          {"sequence", event.sequence},
          {"received", to_ns(event.received)},
          {"life",
           {life.key.pid.value, life.key.start_ticks, life.parent.value,
            life.cpu_user_ns, life.cpu_system_ns, life.rss_peak_bytes,
            life.io_read_bytes, life.io_write_bytes, life.begin_ns}}};
}

json to_json(const RecordingItem& item) {
  if (item.frame != nullptr) return to_json(*item.frame, item.chapter_begin);
  json result{{"time", to_ns(item.time)}};
  if (item.gap != nullptr) {
    const Gap& gap = *item.gap;
    result.update({{"type", "gap"},
                   {"from", to_ns(gap.from)},
                   {"to", to_ns(gap.to)},
                   {"ticks", gap.ticks},
                   {"reason", gap.reason}});
  } else if (item.end) {
    result["type"] = "end";
  } else {
    json events = json::array();
    for (const Event& event : *item.events) events.push_back(to_json(event));
    result.update({{"type", "events"}, {"events", events}});
  }
  return result;
}

json to_json(const RecordingInfo& info) {
  json command = json::array();
  for (const std::string& word : info.command) command.push_back(latin(word));
  return {{"type", "file"},
          {"version", {info.major, info.minor}},
          {"uuid", hex(info.uuid)},
          {"boot_id", hex(info.boot_id)},
          {"producer", info.producer},
          {"host", info.host},
          {"kernel", info.kernel},
          {"cpu_model", info.cpu_model},
          {"numbers",
           {info.cpu_count, info.memory_bytes, info.page_size,
            info.ticks_per_second, info.interval_ns}},
          {"command", command},
          {"levels", info.levels},
          {"anchor",
           {info.anchor.boot_ns, info.anchor.monotonic_ns,
            info.anchor.realtime_ns}}};
}

template <typename Tag>
json optional(Id<Tag> id) {
  return id.valid() ? json(id.value) : json(nullptr);
}

json to_json(const std::vector<SymbolFrame>& frames) {
  json list = json::array();
  for (const SymbolFrame& frame : frames) {
    list.push_back(
        {latin(frame.function), latin(frame.file), frame.line, frame.inlined});
  }
  return list;
}

json to_json(const Stack& stack) {
  json addresses = json::array();
  for (const StackAddress& address : stack.addresses) {
    addresses.push_back({optional(address.module), address.offset});
  }
  return {{"addresses", addresses},
          {"quality", static_cast<int>(stack.quality)},
          {"truncated", stack.truncated}};
}

json to_json(const StackTable& table) {
  json modules = json::array();
  for (const auto& [id, module] :
       std::map(table.modules().begin(), table.modules().end())) {
    modules.push_back({id.value, {latin(module.path), hex(module.build_id)}});
  }
  json stacks = json::array();
  for (const auto& [id, stack] :
       std::map(table.stacks().begin(), table.stacks().end())) {
    stacks.push_back({id.value, to_json(stack)});
  }
  json symbols = json::array();
  const std::map names(table.names().begin(), table.names().end());
  // Those in no module first, as the other reader has them.
  for (const bool in_module : {false, true}) {
    for (const auto& [address, frames] : names) {
      if (address.module.valid() != in_module) continue;
      symbols.push_back(
          {optional(address.module), address.offset, to_json(frames)});
    }
  }
  return {{"type", "stacks"},
          {"modules", modules},
          {"stacks", stacks},
          {"symbols", symbols}};
}

json to_json(const Dictionary& dictionary) {
  json metrics = json::array();
  for (const Metric& metric : dictionary.metrics()) {
    if (!metric.id.valid()) continue;
    metrics.push_back({metric.id.value,
                       {{"name", metric.name},
                        {"subject", static_cast<int>(metric.subject)},
                        {"kind", static_cast<int>(metric.kind)},
                        {"unit", static_cast<int>(metric.unit)},
                        {"help", metric.help}}});
  }
  json subjects = json::array();
  for (const Subject& subject : dictionary.subjects()) {
    if (!subject.id.valid()) continue;
    subjects.push_back({subject.id.value,
                        {{"kind", static_cast<int>(subject.kind)},
                         {"name", latin(subject.name)},
                         {"pid", subject.process.pid.value},
                         {"start_ticks", subject.process.start_ticks},
                         {"parent", subject.parent.value},
                         {"command", latin(subject.command)},
                         {"exe", latin(subject.exe)},
                         {"cgroup", latin(subject.cgroup)},
                         {"role", latin(subject.role)},
                         {"watched", subject.watched},
                         {"kernel_thread", subject.kernel_thread},
                         {"exec_epoch", subject.exec_epoch},
                         {"owner", optional(subject.owner)},
                         {"stack", optional(subject.stack)},
                         {"site_kind", static_cast<int>(subject.site_kind)},
                         {"cohort", subject.cohort}}});
  }
  return {{"type", "dictionary"}, {"metrics", metrics}, {"subjects", subjects}};
}

json to_json(const ChapterSummary& summary) {
  json series = json::array();
  for (const SeriesSummary& one : summary.series) {
    series.push_back({one.metric.value, one.subject.value, one.first, one.last,
                      one.min, one.max, one.mean, one.count});
  }
  return {{"type", "summary"},
          {"offset", summary.offset},
          {"begin", to_ns(summary.begin)},
          {"end", to_ns(summary.end)},
          {"ticks", summary.ticks},
          {"series", series}};
}

std::vector<json> ours(const std::string& path) {
  RecordingReader reader = open_ok(path);
  std::vector<json> lines{to_json(reader.info())};
  while (auto item = reader.next()) lines.push_back(to_json(*item));
  lines.push_back(to_json(reader.dictionary()));
  lines.push_back(to_json(reader.stacks()));
  EXPECT_TRUE(reader.for_each_summary([&](const ChapterSummary& summary) {
    lines.push_back(to_json(summary));
  }));
  EXPECT_TRUE(reader.damages().empty());
  lines.push_back({{"type", "damages"}, {"damages", json::array()}});
  return lines;
}

std::vector<json> theirs(const std::string& path) {
  // Debian's python: python3-zstandard belongs to it.
  const std::string command = "/usr/bin/python3 " TIDEMARK_SOURCE_DIR
                              "/tests/tool/tmk_reader.py " +
                              path;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string output;
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) {
    output.append(buffer, n);
  }
  EXPECT_EQ(::pclose(pipe), 0) << "python3-zstandard is in packaging/apt.txt";
  std::vector<json> lines;
  std::istringstream stream(output);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(json::parse(line));
  }
  return lines;
}

void expect_same(const std::string& path) {
  const auto a = ours(path);
  const auto b = theirs(path);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i], b[i]) << "line " << i << "\n"
                          << json::diff(a[i], b[i]).dump();
  }
}

class SecondReader : public testing::TestWithParam<uint32_t> {};

TEST_P(SecondReader, FindsTheSame) {
  const std::string path = fresh_path("a.tmk");
  RecordingScript script(path, GetParam());
  script.run(40);
  if (GetParam() % 2 == 0) script.close();
  expect_same(path);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SecondReader, testing::Range(1u, 7u));

TEST(SecondReader, FindsTheSameInTheFixtures) {
  for (const char* name : {"v1.0-small", "v1.0-full", "v1.1-small"}) {
    SCOPED_TRACE(name);
    expect_same(std::string(TIDEMARK_SOURCE_DIR "/tests/fixtures/recordings/") +
                name + ".tmk");
  }
}

}  // namespace
}  // namespace tidemark
