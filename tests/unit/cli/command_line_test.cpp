// The `tidemark` program as a user meets it: exit codes, messages, files.
#include <sys/wait.h>

#include <array>
#include <cstdio>

#include "tests/unit/report/recorded_run.h"

namespace tidemark::synthetic {
namespace {

struct Answer {
  int code = -1;
  std::string text;  // stdout and stderr
};

Answer tidemark(const std::string& arguments) {
  const std::string command = TIDEMARK_PROGRAM " " + arguments + " 2>&1";
  Answer answer;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return answer;
  std::array<char, 4096> buffer{};
  while (const size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    answer.text.append(buffer.data(), n);
  }
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) answer.code = WEXITSTATUS(status);
  return answer;
}

void expect_says(const Answer& answer, int code, const std::string& words) {
  EXPECT_EQ(answer.code, code) << answer.text;
  EXPECT_NE(answer.text.find(words), std::string::npos) << answer.text;
}

TEST(CommandLine, WithoutAnythingShowsHelpAnd64) {
  expect_says(tidemark(""), 64, "Commands:");
}

TEST(CommandLine, HelpAndVersionAreZero) {
  expect_says(tidemark("--help"), 0, "report");
  expect_says(tidemark("report --help"), 0, "--strict");
  expect_says(tidemark("--version"), 0, "tidemark 0.");
}

TEST(CommandLine, AWrongWordNamesTheNearest) {
  expect_says(tidemark("reprot x.tmk"), 64, "did you mean 'report'?");
  expect_says(tidemark("report --strcit x.tmk"), 64,
              "did you mean '--strict'?");
  expect_says(tidemark("report --formt=text x.tmk"), 64,
              "did you mean '--format'?");
  expect_says(tidemark("report -f jsno x.tmk"), 64, "did you mean 'json'?");
  expect_says(tidemark("report"), 64, "recording is required");
  expect_says(tidemark("completion fish"), 64, "bash, zsh");
}

TEST(CommandLine, HostileWordsAreSanitized) {
  const Answer answer = tidemark("$'\\033[31mreport'");
  EXPECT_EQ(answer.code, 64);
  EXPECT_EQ(answer.text.find('\033'), std::string::npos);
}

TEST(CommandLine, InfoAndVerifyCountStacks) {
  const std::string sites =
      TIDEMARK_SOURCE_DIR "/tests/fixtures/recordings/v1.1-small.tmk";
  expect_says(tidemark("info " + sites), 0, "1, through 1 files; 1 addresses");
  expect_says(tidemark("verify " + sites), 0, "1 stacks readable");
}

TEST(CommandLine, WhatIsNoRecordingIsNamed) {
  expect_says(tidemark("report /nonexistent.tmk"), 64, "/nonexistent.tmk");
  expect_says(tidemark("report /etc/passwd"), 64, "not a Tidemark recording");
  expect_says(tidemark("info /etc/passwd"), 64, "not a Tidemark recording");
  expect_says(tidemark("verify /etc/passwd"), 3, "not a Tidemark recording");
  expect_says(tidemark("list /nonexistent"), 64, "/nonexistent");
}

class WithRecording : public ::testing::Test {
 protected:
  void SetUp() override {
    RunModel run = shop(412);
    write(file_.path(), run, kShopSeconds);
  }
  const std::string& path() const { return file_.path(); }
  RecordingFile file_{"cli"};
};

TEST_F(WithRecording, ReportSaysTheVerdictByItsExitCode) {
  expect_says(tidemark("report " + path()), 22, "✗ FAIL");
  expect_says(tidemark("report -f json " + path()), 22, "\"fail\"");
  EXPECT_EQ(tidemark("report " + path()).text.find('\033'), std::string::npos);
}

// What failed is 99, as k6 has it; all else keeps its code.
TEST_F(WithRecording, ExitCodesMayBeThoseOfK6) {
  const std::string k6 = " --exit-map k6 " + path();
  expect_says(tidemark("check --gate 'max(rss_anon) < 1MiB' " + path()), 22,
              "beyond the limit");
  expect_says(tidemark("check --gate 'max(rss_anon) < 1MiB'" + k6), 99,
              "beyond the limit");
  expect_says(tidemark("report" + k6), 99, "✗ FAIL");
  expect_says(tidemark("check --gate 'max(rs) < 1MiB'" + k6), 64, "unknown");
  expect_says(tidemark("report --exit-map k7 " + path()), 64, "k7");
  RunModel run = shop(0);
  const RecordingFile sound("cli-sound");
  write(sound.path(), run, kShopSeconds);
  const std::string fine = " " + sound.path() + " --exit-map k6";
  expect_says(tidemark("check --gate 'max(rss_anon) < 1GiB'" + fine), 0, "✓");
  expect_says(tidemark("check --gate 'max(rss_anon) < 1MiB'" + fine), 99, "✗");
}

// Each pack, held against a recording as a user does it.
TEST_F(WithRecording, EveryPackJudges) {
  RunModel run = shop(0);
  const RecordingFile sound("cli-packs");
  write(sound.path(), run, kShopSeconds);
  const std::pair<const char*, int> packs[] = {
      {"default", 0}, {"sla", 0}, {"soak", 0}, {"spike", 0}, {"stress", 0}};
  for (const auto& [pack, code] : packs) {
    expect_says(
        tidemark(std::string("check --gates ") + pack + " " + sound.path()),
        code, "score 100 %");
  }
  // 60 calls a second are less than the 150 that ci asks for.
  expect_says(tidemark("check --gates ci " + sound.path()), 20, "✗ throughput");
  ::setenv("PERF_THROUGHPUT_TARGET", "20", 1);
  expect_says(tidemark("check --gates ci " + sound.path()), 0, "score 100 %");
  ::unsetenv("PERF_THROUGHPUT_TARGET");
}

TEST_F(WithRecording, OptionsHaveTwinsInTheEnvironment) {
  ::setenv("TIDEMARK_REPORT_FORMAT", "json", 1);
  expect_says(tidemark("report " + path()), 22, "\"schema_version\": 1");
  expect_says(tidemark("report -f text " + path()), 22, "✗ FAIL");
  ::unsetenv("TIDEMARK_REPORT_FORMAT");
}

TEST_F(WithRecording, ReportWritesAFile) {
  const std::string out = path() + ".txt";
  const Answer answer = tidemark("report -o " + out + " " + path());
  EXPECT_EQ(answer.code, 22);
  EXPECT_EQ(answer.text, "");
  EXPECT_GT(std::filesystem::file_size(out), 1000u);
  std::filesystem::remove(out);
  expect_says(tidemark("report -o /dev/full " + path()), 70, "No space");
  EXPECT_EQ(tidemark("report " + path() + " >/dev/full").code, 70);
}

TEST_F(WithRecording, InfoListAndVerify) {
  expect_says(tidemark("info " + path()), 0, "shop-soak");
  expect_says(tidemark("info -v " + path()), 0, "op.checkout");
  expect_says(tidemark("list " + path()), 0, "complete");
  expect_says(tidemark("verify " + path()), 0, "clean");
}

TEST_F(WithRecording, VerifyTellsTruncationFromDamage) {
  std::stringstream bytes;
  bytes << std::ifstream(path(), std::ios::binary).rdbuf();
  std::string text = bytes.str();
  std::ofstream(path(), std::ios::binary)
      << text.substr(0, text.size() * 2 / 3);
  expect_says(tidemark("verify " + path()), 1, "truncated");
  for (size_t i = 0; i < 64; ++i) text[text.size() / 2 + i] ^= 0x55;
  std::ofstream(path(), std::ios::binary) << text;
  expect_says(tidemark("verify " + path()), 2, "damaged");
  expect_says(tidemark("report " + path()), 70, "DATA LOST");
}

TEST(CommandLine, CompletionKnowsEveryCommandAndParses) {
  const Answer bash = tidemark("completion bash");
  EXPECT_EQ(bash.code, 0);
  const Answer zsh = tidemark("completion zsh");
  EXPECT_EQ(zsh.code, 0);
#define COMMAND(name, summary)                                  \
  EXPECT_NE(bash.text.find(#name), std::string::npos) << #name; \
  EXPECT_NE(zsh.text.find(#name), std::string::npos) << #name;
#include "cli/commands.def"
#undef COMMAND
  EXPECT_EQ(
      WEXITSTATUS(std::system(TIDEMARK_PROGRAM " completion bash | bash -n")),
      0);
}

TEST(CommandLine, BashCompletesCommandsOptionsAndValues) {
  const std::string complete =
      "bash -c 'source <(" TIDEMARK_PROGRAM
      " completion bash); COMP_WORDS=($1); COMP_CWORD=$2; _tidemark; "
      "echo ${COMPREPLY[@]}' - ";
  const auto ask = [&](const std::string& words, int at) {
    FILE* pipe = ::popen(
        (complete + "'" + words + "' " + std::to_string(at)).c_str(), "r");
    std::array<char, 4096> buffer{};
    const size_t n = std::fread(buffer.data(), 1, buffer.size() - 1, pipe);
    ::pclose(pipe);
    return std::string(buffer.data(), n);
  };
  EXPECT_EQ(ask("tidemark rep", 1), "report\n");
  EXPECT_EQ(ask("tidemark report --str", 2), "--strict\n");
  EXPECT_EQ(ask("tidemark report --format js", 3), "json\n");
  EXPECT_EQ(ask("tidemark completion z", 2), "zsh\n");
  EXPECT_EQ(ask("tidemark baseline pr", 2), "promote prune\n");
  EXPECT_EQ(ask("tidemark baseline prune --dr", 3), "--dry-run\n");
  EXPECT_EQ(ask("tidemark compare --fail-on mi", 3), "minor\n");
  EXPECT_EQ(ask("tidemark check --exit-map k", 3), "k6\n");
  EXPECT_EQ(ask("tidemark record --until d", 3), "decided\n");
  EXPECT_EQ(ask("tidemark phase begin --kind st", 4), "steady\n");
  EXPECT_EQ(ask("tidemark record --heap = pr", 4), "probes\n");
  // A pack, or a file of this folder.
  EXPECT_EQ(ask("tidemark check --gates soak", 3), "soak\n");
  EXPECT_EQ(ask("tidemark check --gates /etc/host", 3).find("/etc/host"), 0u);
  // For our own use only.
  EXPECT_EQ(ask("tidemark selftest --lea", 2), "\n");
}

}  // namespace
}  // namespace tidemark::synthetic
