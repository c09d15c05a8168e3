#include "probes/process_maps.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tidemark {
namespace {

constexpr std::string_view kText =
    "55d6c3a00000-55d6c3a02000 r-xp 00001000 fe:01 1573  /usr/bin/a b\n"
    "7f00a0000000-7f00a0021000 rw-p 00000000 00:00 0 \n"
    "7f00b0000000-7f00b0001000 r--s 00000000 00:1f 77    /tmp/x (deleted)\n"
    "7ffd1c5e9000-7ffd1c60a000 rw-p 00000000 00:00 0     [stack]\n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]\n";

TEST(ProcessMaps, ReadsEachColumn) {
  const auto maps = parse_process_maps(kText);
  ASSERT_TRUE(maps);
  ASSERT_EQ(maps->size(), 5u);
  const Mapping& code = (*maps)[0];
  EXPECT_EQ(code.begin, 0x55d6c3a00000u);
  EXPECT_EQ(code.end, 0x55d6c3a02000u);
  EXPECT_EQ(code.file_offset, 0x1000u);
  EXPECT_TRUE(code.readable && code.executable);
  EXPECT_FALSE(code.writable || code.shared || code.deleted);
  EXPECT_EQ(code.file, (FileIdentity{0xfe, 1, 1573}));
  EXPECT_EQ(code.path, "/usr/bin/a b");
  EXPECT_FALSE((*maps)[1].backed());
  EXPECT_EQ((*maps)[1].path, "");
  EXPECT_TRUE((*maps)[2].shared && (*maps)[2].deleted);
  EXPECT_EQ((*maps)[2].path, "/tmp/x");
  EXPECT_EQ((*maps)[3].path, "[stack]");
  EXPECT_EQ((*maps)[4].begin, 0xffffffffff600000u);
}

TEST(ProcessMaps, DecodesANewlineInAName) {
  const auto maps =
      parse_process_maps("1000-2000 r--p 00000000 08:01 5 /a\\012b\\040c\n");
  ASSERT_TRUE(maps);
  EXPECT_EQ((*maps)[0].path, "/a\nb\\040c");
}

TEST(ProcessMaps, FindsTheMappingOfAnAddress) {
  const ProcessMaps maps = {Pid{1}, 0, *parse_process_maps(kText)};
  EXPECT_EQ(maps.find(0x55d6c39fffff), nullptr);
  EXPECT_EQ(maps.find(0x55d6c3a00000), &maps.mappings[0]);
  EXPECT_EQ(maps.find(0x55d6c3a01fff), &maps.mappings[0]);
  EXPECT_EQ(maps.find(0x55d6c3a02000), nullptr);
  EXPECT_EQ(maps.find(0xffffffffff600fff), &maps.mappings[4]);
  EXPECT_EQ(maps.find(UINT64_MAX), nullptr);
  EXPECT_EQ(ProcessMaps{}.find(0), nullptr);
}

TEST(ProcessMaps, RefusesWhatTheKernelNeverWrites) {
  for (const std::string_view text :
       {"x", "1000-2000", "1000-2000 r-xp", "2000-1000 r-xp 0 08:01 5 /a",
        "1000-1000 r-xp 0 08:01 5 /a", "1000-2000 r-xp 0 0801 5 /a",
        "1000-2000 r-xp 0 08:01 five /a", "1000-2000 r- 0 08:01 5 /a",
        "1000-2000 r-xp ffffffffffffffff 08:01 5 /a",
        "1000-2000 r-xp 0 100000000:01 5 /a",
        "1000-20000000000000000 r-xp 0 08:01 5 /a",
        // Overlapping, and falling.
        "1000-3000 r-xp 0 08:01 5 /a\n2000-4000 r-xp 0 08:01 5 /a",
        "3000-4000 r-xp 0 08:01 5 /a\n1000-2000 r-xp 0 08:01 5 /a"}) {
    const auto maps = parse_process_maps(text);
    ASSERT_FALSE(maps) << text;
    EXPECT_EQ(maps.error().kind, ErrorKind::malformed) << text;
  }
  EXPECT_TRUE(parse_process_maps("")->empty());
  EXPECT_TRUE(parse_process_maps("\n\n")->empty());
}

// A proc folder of our own: the process 7 with one mapping.
class MappedFileTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "mapped_file_" + std::to_string(::getpid());
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_ + "/7/map_files");
    std::filesystem::create_directories(root_ + "/7/root/lib");
    std::ofstream(root_ + "/7/root/lib/a.so") << "the mapped one";
    struct stat status = {};
    ASSERT_EQ(::stat((root_ + "/7/root/lib/a.so").c_str(), &status), 0);
    mapping_.begin = 0x1000;
    mapping_.end = 0x2000;
    mapping_.file = {major(status.st_dev), minor(status.st_dev), status.st_ino};
    mapping_.path = "/lib/a.so";
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string root_;
  Mapping mapping_;
};

TEST_F(MappedFileTest, PrefersTheMappedObjectItself) {
  std::filesystem::create_hard_link(root_ + "/7/root/lib/a.so",
                                    root_ + "/7/map_files/1000-2000");
  const auto file = open_mapped_file(root_, Pid{7}, mapping_);
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_EQ(file->path, root_ + "/7/map_files/1000-2000");
}

TEST_F(MappedFileTest, TakesTheNameInTheProcesssOwnNamespace) {
  const auto file = open_mapped_file(root_, Pid{7}, mapping_);
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_EQ(file->path, root_ + "/7/root/lib/a.so");
}

TEST_F(MappedFileTest, RefusesAnotherFileOfThatName) {
  std::ofstream(root_ + "/7/root/lib/new") << "upgraded";
  std::filesystem::rename(root_ + "/7/root/lib/new",
                          root_ + "/7/root/lib/a.so");
  const auto file = open_mapped_file(root_, Pid{7}, mapping_);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().kind, ErrorKind::not_found);
  EXPECT_NE(file.error().what.find("another file"), std::string::npos);
}

TEST_F(MappedFileTest, SaysThatADeletedFileIsGone) {
  mapping_.deleted = true;
  const auto file = open_mapped_file(root_, Pid{7}, mapping_);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().what.find("removed or replaced"), std::string::npos);
}

TEST_F(MappedFileTest, DoesNotWaitForAFifo) {
  std::filesystem::remove(root_ + "/7/root/lib/a.so");
  ASSERT_EQ(::mkfifo((root_ + "/7/root/lib/a.so").c_str(), 0600), 0);
  EXPECT_FALSE(open_mapped_file(root_, Pid{7}, mapping_));
}

TEST_F(MappedFileTest, HasNoFileForAnonymousMemory) {
  EXPECT_FALSE(open_mapped_file(root_, Pid{7}, Mapping{}));
}

}  // namespace
}  // namespace tidemark
