// Writes random but repeatable recordings and knows what a reader must find.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/store/recording_writer.h"
#include "tests/unit/store/recording_text.h"

namespace tidemark {

inline RecordingInfo script_info(uint8_t uuid = 0) {
  RecordingInfo info;
  for (uint8_t i = 0; i < 16; ++i) {
    info.uuid[i] = static_cast<uint8_t>(uuid + i);
    info.boot_id[i] = static_cast<uint8_t>(0xb0 + i);
  }
  info.anchor = {.boot_ns = 1'000'000'000,
                 .monotonic_ns = 900'000'000,
                 .realtime_ns = 1'700'000'000'000'000'000};
  info.producer = "tidemark test";
  info.host = "host";
  info.kernel = "6.1.0";
  info.cpu_model = "a cpu";
  info.cpu_count = 2;
  info.memory_bytes = int64_t{4} << 30;
  info.interval_ns = 1'000'000'000;
  info.command = {"sleep", "10"};
  info.levels = {"process: iter"};
  return info;
}

// Paths given to tests; the files go when the program ends.
class TestFiles {
 public:
  ~TestFiles() {
    for (const std::string& path : paths_) ::unlink(path.c_str());
  }
  std::string add(const std::string& name) {
    paths_.push_back(testing::TempDir() + "tidemark_" +
                     std::to_string(::getpid()) + "_" +
                     std::to_string(paths_.size()) + "_" + name);
    ::unlink(paths_.back().c_str());
    return paths_.back();
  }

 private:
  std::vector<std::string> paths_;
};

// A path that is free to be created.
inline std::string fresh_path(const std::string& name) {
  static TestFiles files;
  return files.add(name);
}

// What is in a recording, and what it means: an independent, simple model.
class RecordingModel {
 public:
  // The frame as a reader must show it.
  Frame apply(const Frame& in, bool first) {
    Frame out;
    out.time = in.time;
    out.kind = in.kind;
    out.complete = in.complete;
    out.interval_ns = in.interval_ns;
    for (const Column& column : in.columns) {
      if (column.subjects.empty()) continue;
      reads_[column.metric.value] = {column.read_begin, column.read_span};
      Column shown = changed(column);
      if (!first) out.columns.push_back(std::move(shown));
    }
    for (const HistogramValue& value : in.histograms) {
      auto& known = histograms_[{value.metric.value, value.subject.value}];
      const bool same = known.metric.valid() && known.sum == value.sum &&
                        known.max == value.max &&
                        known.buckets == value.buckets;
      known = value;
      if (!first && !same) out.histograms.push_back(value);
    }
    if (first) show_all(out);
    for (const SubjectId id : in.ended) {
      if (!alive.contains(id.value)) continue;
      out.ended.push_back(id);
      alive.erase(id.value);
      std::erase_if(values, [id](const auto& entry) {
        return entry.first.second == id.value;
      });
      std::erase_if(histograms_, [id](const auto& entry) {
        return entry.first.second == id.value;
      });
    }
    std::ranges::sort(out.ended);
    return out;
  }

  std::map<std::pair<uint32_t, uint32_t>, int64_t> values;
  std::set<uint32_t> alive;

 private:
  Column changed(const Column& in) {
    std::map<uint32_t, int64_t> changes;
    for (size_t i = 0; i < in.subjects.size(); ++i) {
      const uint32_t subject = in.subjects[i].value;
      const auto key = std::pair(in.metric.value, subject);
      const auto found = values.find(key);
      if (found != values.end() && found->second == in.values[i]) continue;
      values[key] = in.values[i];
      changes[subject] = in.values[i];
    }
    Column out;
    out.metric = in.metric;
    out.read_begin = in.read_begin;
    out.read_span = in.read_span;
    for (const auto& [subject, value] : changes) {
      out.subjects.emplace_back(subject);
      out.values.push_back(value);
    }
    return out;
  }

  void show_all(Frame& out) {
    for (const auto& [key, value] : values) {
      if (out.columns.empty() || out.columns.back().metric.value != key.first) {
        Column& column = out.columns.emplace_back();
        column.metric = MetricId(key.first);
        column.read_begin = reads_.at(key.first).first;
        column.read_span = reads_.at(key.first).second;
      }
      out.columns.back().subjects.emplace_back(key.second);
      out.columns.back().values.push_back(value);
    }
    for (const auto& [key, value] : histograms_) {
      out.histograms.push_back(value);
    }
  }

  std::map<uint32_t, std::pair<BootTime, Nanoseconds>> reads_;
  std::map<std::pair<uint32_t, uint32_t>, HistogramValue> histograms_;
};

// A random recording being written: processes come and go, metrics have their
// own periods, clients have histograms and doubles.
class RecordingScript {
 public:
  static constexpr uint32_t kMetrics = 7;
  static constexpr uint32_t kReal = 5;  // Unit::real
  static constexpr uint32_t kHistogram = 6;

  RecordingScript(const std::string& path, uint32_t seed,
                  const WriterOptions& options = {.chapter_ticks = 12},
                  uint8_t uuid = 0)
      : random_(seed),
        options_(options),
        writer_(RecordingWriter::create(path, script_info(uuid), options)) {
    if (!writer_) {
      ADD_FAILURE() << writer_.error().what;
      return;
    }
    for (uint32_t id = 0; id < kMetrics; ++id) writer_->define(metric(id));
  }

  RecordingWriter& writer() { return *writer_; }
  // What a reader must yield, as text.
  const std::vector<std::string>& expected() const { return expected_; }
  const RecordingModel& model() const { return model_; }
  // Subjects by id as last defined.
  const std::map<uint32_t, Subject>& subjects() const { return subjects_; }
  // All that was defined.
  const StackTable& stacks() const { return stacks_; }
  int64_t now_ns() const { return now_; }

  static Metric metric(uint32_t id) {
    return {.id = MetricId(id),
            .name = "metric." + std::to_string(id),
            .subject = SubjectKind::process,
            .kind = id == kHistogram ? MetricKind::histogram
                    : id < 3         ? MetricKind::counter
                                     : MetricKind::gauge,
            .unit = id == kReal ? Unit::real : Unit::bytes,
            .help = "Help of " + std::to_string(id) + "."};
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
  }
  void step() {
    now_ += 1'000'000'000;
    lives();
    if (chance(15)) events();
    if (chance(5)) gap();
    frame();
  }
  void close() {
    ASSERT_TRUE(writer_->close(boot_time(now_ + 5)));
    expected_.push_back("end " + std::to_string(now_ + 5));
  }

  void frame() {
    const Frame in = next_frame();
    const auto written = writer_->write_frame(
        in, {now_, now_ - 7, 1'700'000'000'000'000'000 + now_});
    ASSERT_TRUE(written) << written.error().what;
    const bool first = frames_in_chapter_ == 0;
    frames_in_chapter_ = (frames_in_chapter_ + 1) % options_.chapter_ticks;
    expected_.push_back((first ? "first " : "") +
                        text_of(model_.apply(in, first)));
  }

  int64_t random(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }
  bool chance(int percent) { return random(1, 100) <= percent; }

 private:
  void lives() {
    while (model_.alive.size() < 4 || chance(20)) define_subject(next_id_++);
    if (chance(10)) define_subject(any_alive());  // a new name, a role
  }

  uint32_t any_alive() {
    auto it = model_.alive.begin();
    std::advance(it, random(0, std::ssize(model_.alive) - 1));
    return *it;
  }

  void define_subject(uint32_t id) {
    Subject subject;
    subject.id = SubjectId(id);
    subject.kind = SubjectKind::process;
    subject.name = "process" + std::to_string(random(0, 9));
    subject.process = {Pid{static_cast<int32_t>(random(1, 4'000'000))},
                       static_cast<uint64_t>(random(0, 1'000'000'000))};
    subject.parent = Pid{static_cast<int32_t>(random(0, 100))};
    subject.command = std::string("a\0b\xff", 4) + std::to_string(id);
    subject.exe = chance(50) ? "/bin/true" : "";
    subject.cgroup = "/user.slice";
    subject.role = chance(30) ? "server" : "";
    subject.watched = chance(30);
    subject.kernel_thread = chance(10);
    subject.exec_epoch = static_cast<uint32_t>(random(0, 3));
    if (chance(50)) make_site(subject);
    writer_->define(subject);
    subjects_[id] = subject;
    model_.alive.insert(id);
  }

  void make_site(Subject& subject) {
    subject.kind = SubjectKind::site;
    subject.owner = SubjectId(0);
    subject.site_kind = static_cast<SiteKind>(random(1, 7));
    subject.cohort = static_cast<uint32_t>(random(0, 9));
    if (stacks_.modules().empty() || chance(20)) {
      const auto id = static_cast<uint32_t>(stacks_.modules().size());
      define(Module{ModuleId(id), "/lib/" + std::to_string(id), "\x01\xff"});
    }
    if (stacks_.stacks().empty() || chance(70)) define(next_stack());
    const auto id = random(0, std::ssize(stacks_.stacks()) - 1);
    subject.stack = StackId(static_cast<uint32_t>(id));
    if (chance(60)) name_one(*stacks_.stack(subject.stack));
  }

  template <typename T>
  void define(const T& definition) {
    EXPECT_TRUE(writer_->define(definition));
    EXPECT_TRUE(stacks_.define(definition));
  }

  Stack next_stack() {
    Stack stack;
    stack.id = StackId(static_cast<uint32_t>(stacks_.stacks().size()));
    stack.quality = static_cast<StackQuality>(random(0, 2));
    stack.truncated = chance(10);
    for (int64_t depth = random(1, 9); depth > 0; --depth) {
      StackAddress& address = stack.addresses.emplace_back();
      const auto module = random(-1, std::ssize(stacks_.modules()) - 1);
      address.module = ModuleId(static_cast<uint32_t>(module));
      address.offset = static_cast<uint64_t>(random(0, 400));
    }
    return stack;
  }

  void name_one(const Stack& stack) {
    AddressSymbols symbols{stack.addresses.front(), {}};
    for (int64_t i = random(0, 3); i > 0; --i) {
      symbols.frames.push_back({"shop::f\xfe" + std::to_string(random(0, 5)),
                                chance(80) ? "shop.cpp" : "",
                                static_cast<uint32_t>(random(0, 500)), i > 1});
    }
    define(symbols);
  }

  int64_t next_value(uint32_t metric, uint32_t subject) {
    const auto found = model_.values.find({metric, subject});
    const int64_t last = found == model_.values.end() ? 0 : found->second;
    if (metric == kReal) {
      return std::bit_cast<int64_t>(static_cast<double>(random(-50, 50)) / 8);
    }
    if (chance(2)) return random(INT64_MIN, INT64_MAX);
    if (chance(60)) return last;
    return metric < 3 ? last + random(0, 1000) : last + random(-500, 500);
  }

  Frame next_frame() {
    Frame frame;
    frame.time = boot_time(now_);
    frame.kind = chance(10) ? FrameKind::edge : FrameKind::tick;
    frame.complete = !chance(5);
    frame.interval_ns = chance(95) ? 1'000'000'000 : random(1, 9);
    for (uint32_t id = 0; id < kHistogram; ++id) {
      Column& column = frame.columns.emplace_back();
      column.metric = MetricId(id);
      column.read_begin = boot_time(now_ + random(0, 5000));
      column.read_span = Nanoseconds(random(0, 900));
      if (chance(30)) continue;  // not due: an empty column
      for (const uint32_t subject : model_.alive) {
        if (chance(20)) continue;
        column.subjects.emplace_back(subject);
        column.values.push_back(next_value(id, subject));
      }
      if (chance(20)) {  // order does not matter
        std::ranges::reverse(column.subjects);
        std::ranges::reverse(column.values);
      }
    }
    if (chance(40)) histogram(frame, *model_.alive.begin());
    while (model_.alive.size() > 2 && chance(15)) {
      frame.ended.emplace_back(any_alive());
      if (chance(50)) break;
    }
    std::ranges::sort(frame.ended);
    const auto twice = std::ranges::unique(frame.ended);
    frame.ended.erase(twice.begin(), twice.end());
    return frame;
  }

  void histogram(Frame& frame, uint32_t subject) {
    auto& counts = counts_[subject];
    for (int i = 0; i < 5; ++i) {
      ++counts[static_cast<uint32_t>(random(0, 33'791))];
    }
    HistogramValue value{.metric = MetricId(kHistogram),
                         .subject = SubjectId(subject),
                         .sum = random(0, 1'000'000),
                         .max = random(0, 1'000'000),
                         .buckets = {counts.begin(), counts.end()}};
    frame.histograms.push_back(std::move(value));
  }

  void events() {
    std::vector<Event> list;
    std::string text;
    while (list.empty() || chance(50)) {
      Event event;
      event.time = boot_time(now_ - random(0, 1000));
      event.kind = static_cast<EventKind>(random(1, 7));
      if (chance(50)) event.subject = SubjectId(any_alive());
      event.name = "name\xfe";
      event.text = std::string(static_cast<size_t>(random(0, 40)), 't');
      event.value = random(-5, 5);
      event.phase_kind = static_cast<PhaseKind>(random(0, 8));
      event.lane = static_cast<uint32_t>(random(0, 9));
      event.sequence = static_cast<uint64_t>(random(0, INT64_MAX));
      if (chance(50)) event.received = boot_time(now_);
      if (chance(30)) {
        event.life = {.key = {Pid{7}, 8},
                      .parent = Pid{9},
                      .cpu_user_ns = 10,
                      .begin_ns = random(0, 99)};
      }
      text += text_of(event) + "\n";
      list.push_back(std::move(event));
    }
    ASSERT_TRUE(writer_->write_events(list));
    expected_.push_back(text);
  }

  void gap() {
    const Gap gap{boot_time(now_ - 500), boot_time(now_ - 100), 3, "late"};
    ASSERT_TRUE(writer_->write_gap(gap.from, gap.to, gap.ticks, gap.reason));
    expected_.push_back(text_of(gap));
  }

  std::mt19937 random_;
  WriterOptions options_;
  Result<RecordingWriter> writer_;
  RecordingModel model_;
  std::vector<std::string> expected_;
  std::map<uint32_t, Subject> subjects_;
  StackTable stacks_;
  std::map<uint32_t, std::map<uint32_t, uint64_t>> counts_;
  uint32_t next_id_ = 3;
  int frames_in_chapter_ = 0;
  int64_t now_ = 1'000'000'000;
};

inline RecordingReader open_ok(const std::string& path) {
  auto reader = RecordingReader::open(path);
  EXPECT_TRUE(reader) << reader.error().what;
  return std::move(reader).value();
}

}  // namespace tidemark
