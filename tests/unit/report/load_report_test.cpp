// Reading recordings, good and bad, and what comes out of them.
#include <fcntl.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "report/survey.h"
#include "report/table.h"
#include "tests/unit/report/recorded_run.h"

namespace tidemark::synthetic {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void put(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST(LoadReport, SaysWhatTheRecordingHolds) {
  const RecordingFile file("holds");
  RunModel run = shop(412);
  write(file.path(), run, kShopSeconds);
  const ReportData data = load(file.path());
  EXPECT_EQ(data.run_name, "shop-soak");
  EXPECT_EQ(data.command, "./serve --port 8080");
  EXPECT_EQ(data.command_exit_code, 0);
  EXPECT_EQ(data.begin_ns, kAnchor.realtime_ns);
  EXPECT_NEAR(data.seconds(), 391, 0.001);
  EXPECT_TRUE(data.closed);
  EXPECT_TRUE(data.damages.empty());
  EXPECT_EQ(data.status, ReportStatus::fail);
  EXPECT_EQ(exit_code(data), 22);
  EXPECT_EQ(data.process(SubjectId{0}).role, "server");
  EXPECT_EQ(data.process(SubjectId{0}).comm, "shop_server");
  EXPECT_EQ(data.process(SubjectId{1}).role, "redis-server");
}

TEST(LoadReport, TheSameRecordingGivesTheSameBytes) {
  const RecordingFile file("same");
  SiteSoak soak = soak_with_sites();  // profiles need sites
  write(file.path(), soak.run, soak.end() + 1);
  for (const FormatEntry& format : all_formats()) {
    const std::string name(format.name);
    if (name == "png" || name == "pdf") continue;  // a browser dates them
    EXPECT_EQ(render(load(file.path()), name.c_str()),
              render(load(file.path()), name.c_str()));
  }
}

TEST(LoadReport, AFileThatIsNoRecordingIsNamed) {
  const RecordingFile file("none");
  put(file.path(), "root:x:0:0:root:/root:/bin/bash\n");
  const auto data = load_report(file.path());
  ASSERT_FALSE(data);
  EXPECT_EQ(data.error().kind, ErrorKind::malformed);
  EXPECT_NE(data.error().what.find(file.path()), std::string::npos);
}

TEST(LoadReport, AnAbsentFileIsNotFound) {
  const auto data = load_report("/nonexistent/run.tmk");
  ASSERT_FALSE(data);
  EXPECT_EQ(data.error().kind, ErrorKind::not_found);
}

TEST(LoadReport, ANewerMajorIsRefusedWithItsVersion) {
  const RecordingFile file("newer");
  RunModel run = shop(0);
  auto info = recording_info();
  info.major = kFormatMajor + 1;
  auto writer = RecordingWriter::create(file.path(), info);
  ASSERT_TRUE(writer);
  const auto data = load_report(file.path());
  ASSERT_FALSE(data);
  EXPECT_EQ(data.error().kind, ErrorKind::unsupported);
  EXPECT_NE(data.error().what.find("2"), std::string::npos);
}

TEST(LoadReport, ARecordingWithoutAReadingIsNamed) {
  const RecordingFile file("empty");
  auto writer = RecordingWriter::create(file.path(), recording_info());
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->close(at(1)));
  const auto data = load_report(file.path());
  ASSERT_FALSE(data);
  EXPECT_EQ(data.error().kind, ErrorKind::malformed);
}

TEST(LoadReport, ATornTailIsReadToItsLastWholeRecord) {
  const RecordingFile file("torn");
  RunModel run = shop(412);
  write(file.path(), run, kShopSeconds);
  const std::string bytes = read(file.path());
  put(file.path(), bytes.substr(0, bytes.size() * 3 / 4 + 5));
  const ReportData data = load(file.path());
  EXPECT_FALSE(data.closed);
  ASSERT_FALSE(data.damages.empty());
  EXPECT_FALSE(data.lost_data());
  EXPECT_NE(exit_code(data), 70);
  EXPECT_GT(data.seconds(), 200);
  EXPECT_NE(render(data, "text").find("torn"), std::string::npos);
}

TEST(LoadReport, DamageInTheMiddleIsDataLoss) {
  const RecordingFile file("damaged");
  RunModel run = shop(412);
  write(file.path(), run, kShopSeconds);
  std::string bytes = read(file.path());
  for (size_t i = 0; i < 40; ++i) bytes[bytes.size() / 2 + i] ^= 0x5A;
  put(file.path(), bytes);
  const ReportData data = load(file.path());
  EXPECT_TRUE(data.lost_data());
  EXPECT_EQ(exit_code(data), 70);
  EXPECT_NE(render(data, "text").find("DATA LOST"), std::string::npos);
}

// Every cut of a small recording, and many mutated bytes: an answer, no crash.
TEST(LoadReport, AnyCutOrMutationIsAnswered) {
  const RecordingFile file("cuts");
  RunModel run;
  const SubjectId server = run.process("server", 1);
  run.counts(server, "cpu_user", 1e6);
  run.figure(server, "rss_anon", [](double t) { return 1e6 + t; });
  const SubjectId client = run.client("server", server);
  run.phase(client, "load", PhaseKind::load, 2, 6);
  write(file.path(), run, 8);
  const std::string bytes = read(file.path());
  for (size_t size = 0; size < bytes.size(); size += 7) {
    put(file.path(), bytes.substr(0, size));
    const auto data = load_report(file.path());
    if (data) {
      EXPECT_FALSE(render(*data, "json").empty());
    }
  }
  uint32_t random = 1;
  for (int i = 0; i < 200; ++i) {
    std::string mutated = bytes;
    random = random * 1664525 + 1013904223;
    mutated[random % mutated.size()] ^= static_cast<char>(random >> 24 | 1);
    put(file.path(), mutated);
    const auto data = load_report(file.path());
    if (data) {
      EXPECT_FALSE(render(*data, "text").empty());
    }
  }
}

TEST(LoadReport, ProgressGoesForward) {
  const RecordingFile file("progress");
  RunModel run = shop(0);
  write(file.path(), run, kShopSeconds);
  double last = 0;
  int calls = 0;
  LoadOptions options;
  options.progress = [&](double part) {
    EXPECT_GE(part, last);
    EXPECT_LE(part, 1);
    last = part;
    ++calls;
  };
  EXPECT_TRUE(load_report(file.path(), options));
  EXPECT_LT(calls, 1000);
}

std::vector<std::string> hostile_strings() {
  return {"\033[31mred\033[0m",
          std::string("nul\0byte", 8),
          "line\nfeed\r\ttab",
          "\xff\xfe\x80 not utf-8",
          "\xe2\x80\xae right to left",
          "\xc2\x9b"
          "31m C1",
          "<script>alert(1)</script>",
          "\"quotes\" \\ back",
          "=1+1",
          std::string(3000, 'x'),
          "\x7f"
          "del\x01"};
}

bool has_control(const std::string& text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && byte != '\n') || byte == 0x7F) return true;
  }
  return text.find("\xc2\x9b") != std::string::npos;
}

bool has_bidi(const std::string& text) {
  return text.find("\xe2\x80\xae") != std::string::npos;
}

TEST(LoadReport, HostileNamesStayText) {
  for (const std::string& hostile : hostile_strings()) {
    const RecordingFile file("hostile");
    RunModel run;
    const SubjectId server = run.process(hostile, 1, hostile);
    run.figure(server, "rss_anon", [](double t) { return 1e6 + 1e5 * t; });
    run.counts(server, "cpu_user", 1e7);
    const SubjectId client = run.client(hostile, server);
    run.counts(client, "op." + hostile, 10);
    run.span(client, hostile, 5, [](int64_t) { return 1000u; });
    run.mark(client, EventKind::run_begin, hostile, 0);
    run.phase(client, hostile, PhaseKind::load, 5, 200);
    run.mark(client, EventKind::note, hostile, 50);
    run.gap(100, 103, hostile);
    Event degraded;
    degraded.kind = EventKind::degraded;
    degraded.time = at(1);
    degraded.name = degraded.text = hostile;
    run.event(degraded);
    write(file.path(), run, 210);
    ReportData data = load(file.path());
    data.path = hostile;
    data.info.host = data.info.kernel = data.info.cpu_model = hostile;
    data.command = hostile;
    const std::string text = render(data, "text");
    EXPECT_FALSE(has_control(text));
    EXPECT_FALSE(has_bidi(text));
    const std::string json = render(data, "json");
    EXPECT_FALSE(has_control(json));
    const auto parsed = nlohmann::json::parse(json, nullptr, false);
    ASSERT_FALSE(parsed.is_discarded());
    const auto flat = parsed.flatten();
    for (const auto& [key, value] : flat.items()) {
      EXPECT_FALSE(has_control(key));
      EXPECT_EQ(key.find('\n'), std::string::npos);
      if (value.is_string()) {
        const auto string = value.get<std::string>();
        EXPECT_FALSE(has_control(string)) << key;
        EXPECT_EQ(string.find('\n'), std::string::npos) << key;
      }
    }
  }
}

TEST(WriteWhole, ReplacesTheFileAndLeavesNothingElse) {
  const std::string folder =
      ::testing::TempDir() + "tidemark-whole-" + std::to_string(::getpid());
  std::filesystem::create_directory(folder);
  const std::string path = folder + "/report.txt";
  put(path, "old");
  ASSERT_TRUE(write_whole(path, "new and longer"));
  EXPECT_EQ(read(path), "new and longer");
  const auto entries =
      std::distance(std::filesystem::directory_iterator(folder),
                    std::filesystem::directory_iterator());
  EXPECT_EQ(entries, 1);
  std::filesystem::remove_all(folder);
}

TEST(WriteWhole, AnErrorLeavesTheOldFile) {
  const auto status = write_whole("/nonexistent/folder/report.txt", "text");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::not_found);
  EXPECT_NE(status.error().what.find("/nonexistent/folder"), std::string::npos);
}

TEST(WriteWhole, AFullDeviceIsAnError) {
  const auto status = write_whole("/dev/full", "text");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::full);
}

TEST(WriteWhole, ADeviceIsWrittenNotReplaced) {
  EXPECT_TRUE(write_whole("/dev/null", "text"));
  struct stat status{};
  ASSERT_EQ(::stat("/dev/null", &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode));
}

TEST(Render, AnUnknownFormatNamesTheNearest) {
  const auto text = render_report({}, "jsn");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, ErrorKind::usage);
  EXPECT_NE(text.error().what.find("json"), std::string::npos);
}

TEST(Survey, CountsWithoutJudging) {
  const RecordingFile file("survey");
  RunModel run = shop(0);
  run.gap(100, 104, "late");
  write(file.path(), run, kShopSeconds);
  const auto surveyed = survey(file.path());
  ASSERT_TRUE(surveyed);
  EXPECT_EQ(surveyed->ticks, 388);
  EXPECT_GT(surveyed->edges, 40);
  EXPECT_EQ(surveyed->gaps, 1);
  EXPECT_EQ(surveyed->missing_ticks, 4);
  EXPECT_TRUE(surveyed->closed);
  EXPECT_EQ(surveyed->phases.runs().front().name, "shop-soak");
  EXPECT_EQ(format_utc(surveyed->begin_unix_ns()), "2027-01-15 08:00:00");
  const auto found =
      recordings_in(std::filesystem::path(file.path()).parent_path());
  ASSERT_TRUE(found);
  EXPECT_TRUE(std::ranges::count(*found, file.path()) == 1);
}

}  // namespace
}  // namespace tidemark::synthetic
