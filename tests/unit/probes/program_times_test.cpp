// What the programs of probes took.
#include "probes/program_times.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace tidemark {
namespace {

TEST(ProgramTimes, EveryProgramIsOfTheProbeInWhoseFileItStands) {
  const std::filesystem::path folder = TIDEMARK_SOURCE_DIR "/probes";
  const std::regex program(
      "SEC\\(\"\\?"
      "?(tp_btf|perf_event|uprobe|iter|raw_tp)[^)]*\\)\\s*"
      "int (?:BPF_PROG\\()?(\\w+)");
  int programs = 0;
  for (const auto& each : std::filesystem::directory_iterator(folder)) {
    const std::string name = each.path().filename();
    if (!name.ends_with(".bpf.c")) continue;
    std::stringstream text;
    text << std::ifstream(each.path()).rdbuf();
    const std::string source = text.str();
    for (std::sregex_iterator at(source.begin(), source.end(), program), end;
         at != end; ++at) {
      // The kernel keeps fifteen letters of a name.
      const std::string called = (*at)[2].str().substr(0, 15);
      EXPECT_EQ(probe_of_program(called), name.substr(0, name.find('.')))
          << called;
      ++programs;
    }
  }
  EXPECT_GE(programs, 30);
  EXPECT_EQ(probe_of_program("somebody_else"), "");
}

TEST(ProbeTimes, WhatIsCountedStandsForTheRest) {
  ProbeTimes times;
  times.begin({{1, "growth", 1000}, {2, "growth", 50}, {3, "heap", 0}});
  times.end({{1, "growth", 1500}, {2, "growth", 50}, {4, "heap", 30}}, 0.1);
  EXPECT_EQ(times.totals().at("growth"), 5000);
  EXPECT_EQ(times.totals().at("heap"), 300);  // it was loaded meanwhile
  times.begin({{1, "growth", 1500}});
  times.end({{1, "growth", 1600}}, 1);
  EXPECT_EQ(times.totals().at("growth"), 5100);
}

}  // namespace
}  // namespace tidemark
