#include "daemon/roles.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

Subject redis() {
  Subject subject;
  subject.kind = SubjectKind::process;
  subject.name = "redis-server";
  subject.exe = "/usr/bin/redis-check-rdb";
  subject.command = std::string("redis-server\0*:6379\0", 20);
  subject.cgroup = "/system.slice/redis.service";
  subject.process = {Pid{4112}, 77};
  return subject;
}

Selector selector(std::string_view text) {
  auto parsed = parse_selector(text);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().what);
  return parsed ? *parsed : Selector{};
}

std::string why(std::string_view text) {
  const auto parsed = parse_role(text);
  EXPECT_FALSE(parsed);
  if (parsed) return "";
  EXPECT_EQ(parsed.error().kind, ErrorKind::usage);
  return parsed.error().what;
}

TEST(Selector, EachKindLooksAtItsField) {
  const Subject process = redis();
  for (const char* yes :
       {"redis-server", "redis-check-rdb", "redis-*", "comm:redis-server",
        "exe:redis-check-rdb", "exe:/usr/bin/redis-*", "cmdline:*:6379*",
        "cgroup:*/redis.service", "pid:4112"}) {
    EXPECT_TRUE(selects(selector(yes), process)) << yes;
  }
  for (const char* no :
       {"redis", "comm:redis-check-rdb", "exe:redis-server",
        "exe:/usr/sbin/redis-*", "cmdline:6379", "cgroup:/user.slice*",
        "pid:411", "client:redis-server"}) {
    EXPECT_FALSE(selects(selector(no), process)) << no;
  }
}

TEST(Selector, ClientsAreMetByTheirName) {
  EXPECT_TRUE(selects_client(selector("client:shop*"), "shop_server"));
  EXPECT_FALSE(selects_client(selector("client:shop"), "shop_server"));
  EXPECT_FALSE(selects_client(selector("shop_server"), "shop_server"));
}

TEST(Selector, EmptyExeMatchesNothing) {
  Subject process = redis();
  process.exe.clear();
  EXPECT_FALSE(selects(selector("exe:*"), process));
}

TEST(Role, ErrorsNameThePositionAndTheNearestKind) {
  EXPECT_EQ(why("server=exee:redis"),
            "'server=exee:redis': at 8: unknown selector 'exee'; did you mean "
            "'exe'?");
  EXPECT_EQ(why("server"),
            "'server': at 7: '=SELECTOR' is missing "
            "(NAME=SELECTOR)");
  EXPECT_EQ(why("=x"), "'=x': at 1: the role's name is missing");
  EXPECT_EQ(why("a b=x"),
            "'a b=x': at 2: a role's name has letters, digits, '_', '-', '.'");
  EXPECT_EQ(why("a="), "'a=': at 3: a selector is missing");
  EXPECT_EQ(why("a=comm:"), "'a=comm:': at 8: a pattern is missing");
  EXPECT_EQ(why("a=pid:12x"), "'a=pid:12x': at 7: not a process id");
  EXPECT_EQ(why("a=pid:0"), "'a=pid:0': at 7: not a process id");
}

TEST(RoleRules, TheFirstRuleNamesAndAllWatch) {
  RoleRules rules({*parse_role("db=comm:redis*"), *parse_role("other=redis*")},
                  {*parse_selector("nginx")});
  Subject process = redis();
  rules.classify(process);
  EXPECT_EQ(process.role, "db");
  EXPECT_TRUE(process.watched);
  EXPECT_EQ(rules.unmatched(), (std::vector<std::string>{"nginx"}));
}

TEST(RoleRules, AWatchAloneGivesNoRole) {
  RoleRules rules({}, {*parse_selector("redis-server")});
  Subject process = redis();
  process.role = "kept";
  rules.classify(process);
  EXPECT_EQ(process.role, "kept");
  EXPECT_TRUE(process.watched);
}

TEST(RoleRules, KernelThreadsAreNobody) {
  RoleRules rules({}, {*parse_selector("*")});
  Subject process = redis();
  process.kernel_thread = true;
  rules.classify(process);
  EXPECT_FALSE(process.watched);
}

TEST(RoleRules, ClientRolesComeFromClientRules) {
  RoleRules rules({*parse_role("server=client:shop_*")}, {});
  EXPECT_EQ(rules.client_role("shop_server"), "server");
  EXPECT_EQ(rules.client_role("loadgen"), "");
  EXPECT_TRUE(rules.unmatched().empty());
}

}  // namespace
}  // namespace tidemark
