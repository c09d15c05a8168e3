#include "core/os/child_process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace tidemark {
namespace {

int wait_for(const ChildProcess& child) {
  int status = 0;
  EXPECT_EQ(::waitpid(child.pid().value, &status, 0), child.pid().value);
  return status;
}

TEST(FindProgram, LooksAlongPathOrTakesThePath) {
  EXPECT_EQ(*find_program("/bin/sh"), "/bin/sh");
  EXPECT_TRUE(find_program("sh")->ends_with("/sh"));
}

TEST(FindProgram, SaysWhatIsWrong) {
  EXPECT_EQ(find_program("no-such-program").error().what,
            "'no-such-program': command not found");
  EXPECT_EQ(find_program("").error().kind, ErrorKind::not_found);
  EXPECT_EQ(find_program("/no/such").error().kind, ErrorKind::not_found);
  EXPECT_EQ(find_program("/etc/passwd").error().kind, ErrorKind::permission);
  EXPECT_EQ(find_program("/etc").error().what, "/etc: is a directory");
}

TEST(ChildProcess, RunsOnlyWhenReleasedWithItsEnvironment) {
  auto child = ChildProcess::hold({"sh", "-c", "exit $WITH"}, {{"WITH", "7"}});
  ASSERT_TRUE(child);
  int status = 0;
  EXPECT_EQ(::waitpid(child->pid().value, &status, WNOHANG), 0);
  ASSERT_TRUE(child->release());
  EXPECT_EQ(WEXITSTATUS(wait_for(*child)), 7);
}

TEST(ChildProcess, AFailedExecIsToldByItsErrno) {
  auto child = ChildProcess::hold({"/no/such/program"}, {});
  ASSERT_TRUE(child);
  const Status status = child->release();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().errno_value, ENOENT);
  EXPECT_EQ(status.error().what.find("/no/such/program: "), 0u);
  EXPECT_EQ(WEXITSTATUS(wait_for(*child)), 127);
}

TEST(ChildProcess, NeverReleasedItRunsNothing) {
  pid_t pid = 0;
  {
    auto child = ChildProcess::hold({"sh", "-c", "exit 0"}, {});
    ASSERT_TRUE(child);
    pid = child->pid().value;
  }
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(WEXITSTATUS(status), 127);
}

TEST(ChildProcess, SignalsOnlyWhatIsNotReaped) {
  auto child = ChildProcess::hold({"sh", "-c", "exec sleep 60"}, {});
  ASSERT_TRUE(child);
  ASSERT_TRUE(child->release());
  EXPECT_TRUE(child->signal(SIGTERM));
  EXPECT_EQ(WTERMSIG(wait_for(*child)), SIGTERM);
  child->reaped();
  EXPECT_EQ(child->signal(SIGTERM).error().kind, ErrorKind::gone);
}

}  // namespace
}  // namespace tidemark
