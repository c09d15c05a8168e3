#include "probes/perf_map.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "probes/program_objects.h"
#include "probes/symbolizer.h"

namespace tidemark {
namespace {

TEST(PerfMap, NamesTheCodeAroundAnAddress) {
  const PerfMap map = PerfMap::parse(
      "1000 20 first\n0x1020 0x10 second one\n2000 8 LazyCompile:~f a.js:3\n");
  EXPECT_EQ(map.size(), 3u);
  EXPECT_EQ(map.name_at(0xfff), "");
  EXPECT_EQ(map.name_at(0x1000), "first");
  EXPECT_EQ(map.name_at(0x101f), "first");
  EXPECT_EQ(map.name_at(0x1020), "second one");
  EXPECT_EQ(map.name_at(0x1030), "");
  EXPECT_EQ(map.name_at(0x2007), "LazyCompile:~f a.js:3");
}

TEST(PerfMap, TakesTheNewestOfCodeThatWasReplaced) {
  EXPECT_EQ(PerfMap::parse("10 8 old\n10 8 new\n").name_at(0x12), "new");
}

TEST(PerfMap, LeavesBrokenLinesOut) {
  EXPECT_EQ(PerfMap::parse("\n \nx 1 a\n10\n10 8\n10 8 \n10 0 a\n"
                           "11111111111111111 8 a\n10 -8 a")
                .size(),
            0u);
  const PerfMap map = PerfMap::parse("fffffffffffffff0 ffff top");
  EXPECT_EQ(map.name_at(UINT64_MAX), "top");
  EXPECT_EQ(map.name_at(3), "");
}

// The process 7 of a folder of our own, 42 in its namespace.
class PerfMapFileTest : public testing::Test {
 protected:
  void SetUp() override {
    proc_ = testing::TempDir() + "perf_map_" + std::to_string(::getpid());
    std::filesystem::remove_all(proc_);
    std::filesystem::create_directories(proc_ + "/7/root/tmp");
    std::ofstream(proc_ + "/7/status") << "Name:\tx\nNSpid:\t7\t42\nUid:\t0\n";
    std::ofstream(file()) << "5000 100 jitted\n";
  }
  void TearDown() override { std::filesystem::remove_all(proc_); }
  std::string file() const { return proc_ + "/7/root/tmp/perf-42.map"; }

  std::string proc_;
};

TEST_F(PerfMapFileTest, IsFoundByTheInnerNumber) {
  const auto map = open_perf_map(proc_, Pid{7});
  ASSERT_TRUE(map) << map.error().what;
  EXPECT_EQ(map->path, "/tmp/perf-42.map");
}

TEST_F(PerfMapFileTest, RefusesLinksAndStrangersFiles) {
  std::filesystem::rename(file(), file() + ".real");
  std::filesystem::create_symlink(file() + ".real", file());
  EXPECT_FALSE(open_perf_map(proc_, Pid{7}));
  std::filesystem::remove(file());
  EXPECT_FALSE(open_perf_map(proc_, Pid{7}));
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  EXPECT_FALSE(open_perf_map(proc_, Pid{7}));
  std::filesystem::remove(file());
  std::ofstream(file()) << "5000 100 jitted\n";
  if (::chown(file().c_str(), 12345, 12345) == 0 && ::geteuid() != 12345) {
    EXPECT_FALSE(open_perf_map(proc_, Pid{7}));
  }
}

TEST_F(PerfMapFileTest, NamesGeneratedCodeAlsoWhenItIsNewer) {
  ProcessMaps maps;
  maps.pid = Pid{7};
  Mapping code;
  code.begin = 0x5000;
  code.end = 0x9000;
  code.executable = true;
  maps.mappings.push_back(code);
  ProgramObjects objects(proc_);
  const ProgramObject* object = objects.find(maps, code);
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(object->path, "/tmp/perf-42.map");
  EXPECT_EQ(objects.find(maps, code), object);
  Symbolizer symbolizer;
  const SymbolSource source = symbol_source(*object);
  ASSERT_EQ(symbolizer.symbolize(source, 0x5010).size(), 1u);
  EXPECT_EQ(symbolizer.symbolize(source, 0x5010)[0].function, "jitted");
  EXPECT_TRUE(symbolizer.symbolize(source, 0x6000).empty());
  std::ofstream(file(), std::ios::app) << "7000 100 later\n";
  ASSERT_EQ(symbolizer.symbolize(source, 0x7010).size(), 1u);
  EXPECT_EQ(symbolizer.symbolize(source, 0x7010)[0].function, "later");
}

// One after the other, each with a file: a daemon sees them for months.
TEST_F(PerfMapFileTest, FilesOfManyProcessesAreNotKeptOpen) {
  const auto open_files = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<size_t>(std::distance(begin(all), end(all)));
  };
  Mapping code;
  code.begin = 0x5000;
  code.end = 0x9000;
  code.executable = true;
  Symbolizer symbolizer({.most_objects = 16});
  const size_t before = open_files();
  ProgramObjects objects(proc_);
  for (int32_t pid = 100; pid < 400; ++pid) {
    const std::string folder = proc_ + "/" + std::to_string(pid);
    std::filesystem::create_directories(folder + "/root/tmp");
    std::ofstream(folder + "/root/tmp/perf-" + std::to_string(pid) + ".map")
        << "5000 100 jitted" << pid << "\n";
    ProcessMaps maps;
    maps.pid = Pid{pid};
    maps.mappings.push_back(code);
    const ProgramObject* object = objects.find(maps, code);
    ASSERT_NE(object, nullptr);
    const auto names = symbolizer.symbolize(symbol_source(*object), 0x5010);
    ASSERT_EQ(names.size(), 1u);
    EXPECT_EQ(names[0].function, "jitted" + std::to_string(pid));
  }
  EXPECT_LE(open_files(), before + ProgramObjects::kMostGenerated + 1);
  EXPECT_LE(symbolizer.known(), 16u);
  // The first is known anew.
  ProcessMaps first;
  first.pid = Pid{100};
  first.mappings.push_back(code);
  const ProgramObject* again = objects.find(first, code);
  ASSERT_NE(again, nullptr);
  EXPECT_NE(again->perf_map, nullptr);
}

}  // namespace
}  // namespace tidemark
