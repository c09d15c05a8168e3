// What the tests of tests/report read.
//
//   write_recordings runs FOLDER          recordings, good and poor
//   write_recordings named HEX FOLDER     for each line of the file HEX, a text
//                                         in hex, FOLDER/LINE.FORMAT: the
//                                         report of a run in which all is
//                                         called so
//   write_recordings recordings HEX FOLDER  only their recordings, N.tmk
#include <fstream>
#include <iostream>

#include "report/gate_lines.h"
#include "tests/report/recordings.h"

namespace tidemark::synthetic {
namespace {

constexpr double kMiB = 1 << 20;

void put(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Two processes' clients, one phase that nobody ends and one that is aborted.
void write_aborted(const std::string& path) {
  DemoRun demo(2);
  demo.soak.run.mark(demo.soak.client, EventKind::phase_begin, "endless", 40,
                     PhaseKind::load);
  write(path, demo.soak.run, 55, false);
}

void write_gaps(const std::string& path) {
  DemoRun demo(3);
  demo.soak.run.gap(35, 50, "the disk was full");
  demo.soak.run.gap(70, 71, "late ticks");
  write(path, demo.soak.run, demo.seconds);
}

void write_two_runs(const std::string& path) {
  DemoRun demo(2);
  RunModel& run = demo.soak.run;
  run.mark(demo.soak.client, EventKind::run_begin, "second", 95);
  run.phase(demo.soak.client, "load", PhaseKind::load, 96, 110);
  run.mark(demo.soak.client, EventKind::run_end, "second", 112);
  write(path, run, 115);
}

// The same run seen on another host, whose clock counts from another boot.
void write_other_host(const std::string& path) {
  DemoRun demo;
  RecordingInfo info = recording_info();
  info.host = "otherbox";
  info.cpu_count = 8;
  write(path, demo.soak.run, demo.seconds, true, info);
}

// A host that nobody marked: a backend that leaks under the other one's load.
// Its clock began an hour later.
void write_unmarked_host(const std::string& path) {
  RunModel run;
  const SubjectId backend = run.process("backend", 77, "backend", -60);
  run.figure(backend, "rss_anon", [](double t) {
    double busy = 0;
    for (int i = 0; i < 12; ++i) busy += SiteSoak::ops_of(i, t - 3600);
    return 64 * kMiB + 1e4 * busy;
  });
  run.figure(backend, "cpu_user", [](double t) { return 1e6 * t; });
  RecordingInfo info = recording_info();
  info.host = "quietbox";
  info.anchor.realtime_ns -= int64_t{3600} * 1'000'000'000;
  write(path, run, 3600 + 400, true, info);
}

void write_runs(const std::string& folder) {
  DemoRun demo;
  write(folder + "/demo.tmk", demo.soak.run, demo.seconds);
  RunModel none;
  write(folder + "/empty.tmk", none, -1);
  RunModel sleeper;
  sleeper.figure(sleeper.process("sleep", 77), "rss_anon",
                 [](double) { return 300 * 1024; });
  write(folder + "/one_tick.tmk", sleeper, 0);
  write(folder + "/unmarked.tmk", sleeper, 30, false);
  write_aborted(folder + "/aborted.tmk");
  write_gaps(folder + "/gaps.tmk");
  write_two_runs(folder + "/two_runs.tmk");
  write_other_host(folder + "/other_host.tmk");
  write_unmarked_host(folder + "/unmarked_host.tmk");
  std::string bytes = bytes_of(folder + "/demo.tmk");
  put(folder + "/torn.tmk", bytes.substr(0, bytes.size() * 2 / 3));
  for (size_t i = 0; i < 64; ++i) bytes[bytes.size() / 2 + i] ^= 0x55;
  put(folder + "/damaged.tmk", bytes);
  put(folder + "/text.tmk", "not a recording\n");
}

int nibble(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

std::string from_hex(const std::string& digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(nibble(digits[i]) * 16 + nibble(digits[i + 1]));
  }
  return bytes;
}

void write_named(const std::string& name, const std::string& stem,
                 bool reports) {
  NamedRun named(name);
  const std::string recording = stem + ".tmk";
  write(recording, named.run, named.seconds, true, named.info);
  if (!reports) return;
  ReportData data = load(recording);
  data.path = name;
  add_gates(data, named_gates(name));
  for (const FormatEntry& format : all_formats()) {
    const std::string extension(format.name);
    if (extension == "png" || extension == "pdf") continue;  // by a browser
    put(stem + "." + extension, render(data, extension.c_str()));
  }
}

}  // namespace
}  // namespace tidemark::synthetic

int main(int argc, char** argv) {
  using namespace tidemark::synthetic;
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "runs") {
    write_runs(words[1]);
  } else if (words.size() == 3 &&
             (words[0] == "named" || words[0] == "recordings")) {
    std::ifstream lines(words[1]);
    std::string line;
    for (int number = 0; std::getline(lines, line); ++number) {
      write_named(from_hex(line), words[2] + "/" + std::to_string(number),
                  words[0] == "named");
    }
  } else {
    std::cerr << "write_recordings: see its first lines\n";
    return 64;
  }
  return ::testing::UnitTest::GetInstance()->Failed() ? 1 : 0;
}
