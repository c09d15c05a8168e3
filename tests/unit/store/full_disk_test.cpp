// A disk that is full, or fails: nothing of a refused frame is in the file, and
// recording goes on when there is room again.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <functional>

#include "tests/unit/store/recording_script.h"

namespace tidemark {
namespace {

int64_t size_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_size : -1;
}

Frame small_frame(int64_t tick) {
  Frame frame;
  frame.time = boot_time(tick * 1'000'000'000);
  frame.interval_ns = 1'000'000'000;
  frame.columns.push_back({.metric = MetricId(3),
                           .read_begin = frame.time,
                           .subjects = {SubjectId(1)},
                           .values = {tick}});
  return frame;
}

Result<RecordingWriter> small_writer(const std::string& path) {
  auto writer =
      RecordingWriter::create(path, script_info(), {.chapter_ticks = 10});
  if (!writer) return writer;
  writer->define(RecordingScript::metric(3));
  writer->define(Subject{.id = SubjectId(1), .name = "one"});
  return writer;
}

// A frame with so much news that it does not fit in what is left.
Frame big_frame(RecordingWriter& writer, int64_t tick, uint32_t count) {
  Frame frame = small_frame(tick);
  for (uint32_t id = 0; id < count; ++id) {
    const SubjectId subject(100 + id);
    writer.define(
        Subject{.id = subject, .name = std::to_string(id * 2'654'435'761u)});
    frame.columns[0].subjects.push_back(subject);
    frame.columns[0].values.push_back(id * 2'654'435'761u);
  }
  return frame;
}

// The ticks that a reader finds, and that it finds no damage.
std::vector<int64_t> ticks_of(const std::string& path) {
  RecordingReader reader = open_ok(path);
  std::vector<int64_t> ticks;
  while (auto item = reader.next()) {
    if (item->frame == nullptr) continue;
    ticks.push_back(to_ns(item->time) / 1'000'000'000);
    EXPECT_EQ(reader.value(MetricId(3), SubjectId(1)), ticks.back());
  }
  EXPECT_TRUE(reader.damages().empty());
  return ticks;
}

// Runs in a child, whose limits and mounts are its own; its failures count.
void in_child(const std::function<void()>& body) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    body();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

void limit_file_size(rlim_t bytes) {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
}

void write_until_full_and_on(const std::string& path,
                             const std::function<void()>& make_room) {
  auto writer = small_writer(path);
  ASSERT_TRUE(writer);
  for (int64_t tick = 1; tick <= 5; ++tick) {
    ASSERT_TRUE(writer->write_frame(small_frame(tick), {}));
  }
  const int64_t before = writer->bytes_written();
  for (int64_t tick = 6; tick <= 8; ++tick) {
    const auto status =
        writer->write_frame(big_frame(*writer, tick, 8'000), {});
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::full);
    EXPECT_NE(status.error().what.find(path), std::string::npos);
    // Cut back: nothing of it is in the file.
    EXPECT_EQ(writer->bytes_written(), before);
    EXPECT_EQ(size_of(path), before);
  }
  EXPECT_EQ(ticks_of(path), (std::vector<int64_t>{1, 2, 3, 4, 5}));
  make_room();
  ASSERT_TRUE(writer->write_gap(boot_time(6'000'000'000),
                                boot_time(8'000'000'000), 3, "disk full"));
  ASSERT_TRUE(writer->write_frame(small_frame(9), {}));
  ASSERT_TRUE(writer->write_frame(small_frame(10), {}));
  ASSERT_TRUE(writer->close(boot_time(11'000'000'000)));
  EXPECT_EQ(ticks_of(path), (std::vector<int64_t>{1, 2, 3, 4, 5, 9, 10}));
  RecordingReader reader = open_ok(path);
  int64_t missing = 0;
  while (auto item = reader.next()) {
    if (item->gap != nullptr) missing += item->gap->ticks;
  }
  EXPECT_EQ(missing, 3);
  EXPECT_TRUE(reader.closed());
  // The values of the frames that were refused are in no summary either.
  const auto summaries = reader.summaries();
  ASSERT_TRUE(summaries);
  for (const ChapterSummary& summary : *summaries) {
    for (const SeriesSummary& series : summary.series) {
      EXPECT_EQ(series.subject, SubjectId(1));
      EXPECT_LE(series.max, 10);
    }
  }
}

TEST(FullDisk, AFileSizeLimitIsFullAndCutBack) {
  in_child([] {
    // The limit sends SIGXFSZ first.
    std::signal(SIGXFSZ, SIG_IGN);
    limit_file_size(4000);
    write_until_full_and_on(fresh_path("limit.tmk"),
                            [] { limit_file_size(RLIM_INFINITY); });
  });
}

TEST(FullDisk, AFullFileSystemIsFullAndCutBack) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting a tmpfs takes root";
  in_child([] {
    if (::unshare(CLONE_NEWNS) != 0) ::_exit(0);
    ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    const std::string folder = fresh_path("mount");
    std::filesystem::create_directory(folder);
    ASSERT_EQ(::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=64k"), 0);
    write_until_full_and_on(folder + "/a.tmk", [&folder] {
      ::mount("tmpfs", folder.c_str(), "tmpfs", MS_REMOUNT, "size=64m");
    });
    ::umount(folder.c_str());
    std::filesystem::remove(folder);
  });
}

TEST(FullDisk, CreationLeavesNoFileBehind) {
  in_child([] {
    std::signal(SIGXFSZ, SIG_IGN);
    limit_file_size(70);
    const std::string path = fresh_path("limit.tmk");
    const auto writer = RecordingWriter::create(path, script_info());
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().kind, ErrorKind::full);
    EXPECT_EQ(size_of(path), -1);
  });
}

TEST(FullDisk, EventsAndDefinitionsSurviveARefusal) {
  in_child([] {
    std::signal(SIGXFSZ, SIG_IGN);
    const std::string path = fresh_path("limit.tmk");
    auto writer = small_writer(path);
    ASSERT_TRUE(writer);
    limit_file_size(static_cast<rlim_t>(writer->bytes_written()));
    const Event event{.time = boot_time(1), .name = "mark"};
    EXPECT_EQ(writer->write_events({&event, 1}).error().kind, ErrorKind::full);
    limit_file_size(RLIM_INFINITY);
    ASSERT_TRUE(writer->write_events({&event, 1}));
    RecordingReader reader = open_ok(path);
    const auto item = reader.next();
    ASSERT_TRUE(item && item->events != nullptr);
    EXPECT_EQ(item->events->at(0).name, "mark");
    // They came with the first record that was written.
    EXPECT_NE(reader.dictionary().subject(SubjectId(1)), nullptr);
  });
}

TEST(Disk, AfterCloseEveryWriteFails) {
  const std::string path = fresh_path("closed.tmk");
  auto writer = small_writer(path);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->write_frame(small_frame(1), {}));
  ASSERT_TRUE(writer->sync());
  ASSERT_TRUE(writer->close(boot_time(2'000'000'000)));
  EXPECT_EQ(writer->write_frame(small_frame(2), {}).error().kind,
            ErrorKind::io);
  EXPECT_EQ(writer->sync().error().kind, ErrorKind::io);
  EXPECT_EQ(ticks_of(path), (std::vector<int64_t>{1}));
}

TEST(Disk, AFolderThatIsNotThereIsNamed) {
  const auto writer =
      RecordingWriter::create("/nonexistent/a.tmk", script_info());
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().kind, ErrorKind::not_found);
  EXPECT_NE(writer.error().what.find("/nonexistent/a.tmk"), std::string::npos);
}

TEST(Disk, AFileThatShrinksUnderTheReaderIsATornTail) {
  const std::string path = fresh_path("shrinks.tmk");
  auto writer = small_writer(path);
  for (int64_t tick = 1; tick <= 30; ++tick) {
    ASSERT_TRUE(writer->write_frame(small_frame(tick), {}));
  }
  RecordingReader reader = open_ok(path);
  ASSERT_TRUE(reader.next());
  ASSERT_EQ(::truncate(path.c_str(), size_of(path) / 2), 0);
  int items = 0;
  while (reader.next()) ++items;
  EXPECT_LT(items, 30);
  ASSERT_TRUE(reader.rewind());
  EXPECT_TRUE(reader.next());
}

}  // namespace
}  // namespace tidemark
