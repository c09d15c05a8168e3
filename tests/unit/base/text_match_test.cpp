#include <gtest/gtest.h>

#include <array>

#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"record", "report", "top",
                                                    "phase", "steady"};

TEST(Nearest, FindsTypingErrors) {
  EXPECT_EQ(nearest("recrod", kNames), "record");
  EXPECT_EQ(nearest("reprot", kNames), "report");
  EXPECT_EQ(nearest("stedy", kNames), "steady");
  EXPECT_EQ(nearest("tpo", kNames), "top");
  EXPECT_EQ(nearest("STEADY", kNames), "steady");
  EXPECT_EQ(nearest("report", kNames), "report");
}

TEST(Nearest, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest("zebra", kNames), "");
  EXPECT_EQ(nearest("", kNames), "");
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_EQ(nearest(std::string(10'000, 'a'), kNames), "");
}

TEST(UnknownMessage, SuggestsOneNameOrListsAll) {
  EXPECT_EQ(unknown_message("command", "recrod", kNames),
            "unknown command 'recrod'; did you mean 'record'?");
  EXPECT_EQ(unknown_message("command", "zebra", kNames),
            "unknown command 'zebra'; known: record, report, top, phase, "
            "steady");
  EXPECT_EQ(unknown_message("key", "x", {}), "unknown key 'x'");
}

TEST(GlobMatch, StarTakesAnythingAndQuestionMarkOne) {
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("redis-server", "redis-server"));
  EXPECT_TRUE(glob_match("redis*", "redis-server"));
  EXPECT_TRUE(glob_match("*server", "redis-server"));
  EXPECT_TRUE(glob_match("*/bin/*", "/usr/bin/redis-server"));
  EXPECT_TRUE(glob_match("soak/*", "soak/steady/inner"));
  EXPECT_TRUE(glob_match("a?c", "abc"));
  EXPECT_TRUE(glob_match("*a*b*c", "xxaxxbxxbxxc"));
  EXPECT_FALSE(glob_match("", "a"));
  EXPECT_FALSE(glob_match("a?c", "ac"));
  EXPECT_FALSE(glob_match("redis", "redis-server"));
  EXPECT_FALSE(glob_match("*server", "redis-server2"));
}

TEST(GlobMatch, StaysQuickOnHostilePatterns) {
  std::string pattern;
  for (int i = 0; i < 2000; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(4000, 'a')));
}

}  // namespace
}  // namespace tidemark
