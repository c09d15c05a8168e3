#include "daemon/options.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>

namespace tidemark {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

EnvironmentLookup environment(std::map<std::string, std::string> variables) {
  auto kept = std::make_shared<std::map<std::string, std::string>>(
      std::move(variables));
  return [kept](const char* name) -> const char* {
    const auto found = kept->find(name);
    return found == kept->end() ? nullptr : found->second.c_str();
  };
}

std::string config_error(std::string_view text) {
  auto settings = parse_config(text, "t.toml");
  if (!settings) {
    EXPECT_EQ(settings.error().kind, ErrorKind::usage);
    return settings.error().what;
  }
  Options options;
  const Status status = apply_settings(options, *settings);
  EXPECT_FALSE(status);
  return status ? "" : status.error().what;
}

TEST(Options, DefaultsAreTheDesigns) {
  const auto options = load_options("", environment({}), {});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->interval, seconds(1));
  EXPECT_DOUBLE_EQ(options->budget, 0.01);
  EXPECT_FALSE(options->duration);
  EXPECT_TRUE(options->output.empty());
}

TEST(Options, ConfigReadsEveryShape) {
  const auto settings = parse_config(R"(
interval = "250ms"
budget = 0.02
quiet = true
watch = ["nginx", "pid:7"]
[role]
server = "comm:redis-server"
)",
                                     "t.toml");
  ASSERT_TRUE(settings) << settings.error().what;
  Options options;
  const Status status = apply_settings(options, *settings);
  ASSERT_TRUE(status) << status.error().what;
  EXPECT_EQ(options.interval, milliseconds(250));
  EXPECT_DOUBLE_EQ(options.budget, 0.02);
  EXPECT_TRUE(options.quiet);
  ASSERT_EQ(options.watch.size(), 2u);
  EXPECT_EQ(options.watch[1].pid, 7);
  ASSERT_EQ(options.roles.size(), 1u);
  EXPECT_EQ(options.roles[0].role, "server");
}

TEST(Options, AnUnknownKeyIsAnErrorWithItsLineAndTheNearest) {
  EXPECT_EQ(config_error("budget = \"1%\"\nintervall = \"1s\"\n"),
            "t.toml:2: unknown key 'intervall'; did you mean 'interval'?");
}

TEST(Options, AWrongValueNamesItsLine) {
  EXPECT_EQ(config_error("\n\ninterval = \"10ms\"\n"),
            "t.toml:3: '10ms': outside of 50ms .. 60s");
  EXPECT_EQ(config_error("watch = [\"a\",\n \"exee:b\"]\n").substr(0, 29),
            "t.toml:2: 'exee:b': at 1: unk");
  EXPECT_EQ(config_error("quiet = \"perhaps\""),
            "t.toml:1: 'perhaps': true or false");
  EXPECT_EQ(config_error("interval = 2020-01-01"),
            "t.toml:1: a text, number or truth value is expected");
}

TEST(Options, BrokenTomlNamesItsLine) {
  EXPECT_EQ(config_error("interval = \"1s\"\nbudget = \n").substr(0, 9),
            "t.toml:2:");
}

TEST(Options, LaterPlacesWinAndListsAddUp) {
  const std::string file = testing::TempDir() + "options_test.toml";
  std::ofstream(file) << "interval = \"2s\"\nbudget = \"3%\"\n"
                         "watch = [\"from-file\"]\nfor = \"1m\"\n";
  const auto env = environment({{"TIDEMARK_CONFIG", file},
                                {"TIDEMARK_INTERVAL", "3s"},
                                {"TIDEMARK_BUDGET", "4%"},
                                {"TIDEMARK_WATCH", "from-environment"},
                                {"TIDEMARK_SOCKET", "/run/x.sock"}});
  const std::vector<Setting> command_line = {{"interval", "4s", "--interval"},
                                             {"watch", "from-line", "--watch"}};
  const auto options = load_options("", env, command_line);
  ASSERT_TRUE(options) << options.error().what;
  EXPECT_EQ(options->interval, seconds(4));
  EXPECT_DOUBLE_EQ(options->budget, 0.04);
  EXPECT_EQ(options->duration, std::chrono::minutes(1));
  EXPECT_EQ(options->socket, "/run/x.sock");
  ASSERT_EQ(options->watch.size(), 3u);
  EXPECT_EQ(options->watch[0].text, "from-line");
  EXPECT_EQ(options->watch[1].text, "from-environment");
  EXPECT_EQ(options->watch[2].text, "from-file");
  std::remove(file.c_str());
}

TEST(Options, OriginsBeginTheMessages) {
  const auto env = environment({{"TIDEMARK_INTERVAL", "soon"}});
  const auto options = load_options("", env, {});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().kind, ErrorKind::usage);
  EXPECT_EQ(options.error().what.find("TIDEMARK_INTERVAL: "), 0u);
}

TEST(Options, AMissingConfigFileIsAUsageError) {
  const auto options = load_options("/nonexistent/t.toml", environment({}), {});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().kind, ErrorKind::usage);
  EXPECT_NE(options.error().what.find("/nonexistent/t.toml"),
            std::string::npos);
}

}  // namespace
}  // namespace tidemark
