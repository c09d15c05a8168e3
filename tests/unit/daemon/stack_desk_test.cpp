// Stacks of this very process through the desk: one reading of maps for all
// that hold a process, answers by callback, names afterwards.
#include "daemon/stack_desk.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>

#include "tests/unit/daemon/fake_engine.h"

namespace tidemark {
namespace {

// The stack of its caller's caller, as a probe would have copied it.
[[gnu::noinline]] CopiedStack copy_own_stack(ProcessKey process) {
  ucontext_t here{};
  ::getcontext(&here);
  const auto reg = [&](int name) {
    return static_cast<uint64_t>(here.uc_mcontext.gregs[name]);
  };
  CopiedStack copy;
  copy.process = process;
  copy.registers[3] = reg(REG_RBX);
  copy.registers[6] = reg(REG_RBP);
  copy.registers[7] = reg(REG_RSP);
  copy.registers[12] = reg(REG_R12);
  copy.registers[13] = reg(REG_R13);
  copy.registers[14] = reg(REG_R14);
  copy.registers[15] = reg(REG_R15);
  copy.program_counter = reg(REG_RIP);
  const auto* bytes = reinterpret_cast<const uint8_t*>(reg(REG_RSP));
  copy.bytes.assign(bytes, bytes + 2048);
  return copy;
}

class StackDeskTest : public testing::Test {
 protected:
  static constexpr Nanoseconds kLong = std::chrono::seconds(30);

  // What a stack of `process` turns out to be; nullopt: no answer came.
  std::optional<StackId> ask(ProcessKey process) {
    std::optional<StackId> answer;
    EXPECT_TRUE(desk_.post(copy_own_stack(process),
                           [&](StackId found) { answer = found; }));
    desk_.settle(kLong);
    desk_.accept();
    return answer;
  }
  bool names(std::string_view function) const {
    for (const AddressSymbols& each : definer_.stacks.changes().symbols) {
      for (const SymbolFrame& frame : each.frames) {
        if (frame.function.find(function) != std::string::npos) return true;
      }
    }
    return false;
  }

  FakeDefiner definer_;
  StackDesk desk_{definer_, "/proc"};
  const ProcessKey self_{Pid{::getpid()}, 1};
};

TEST_F(StackDeskTest, AnswersWithAStackAndItsNames) {
  desk_.prepare(self_);
  const auto first = ask(self_);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->valid());
  EXPECT_TRUE(names("copy_own_stack"));
  EXPECT_FALSE(definer_.stacks.changes().modules.empty());
}

// A process that executed another program and is gone: what is known of it is
// of before, and each such stack would be one of its own.
TEST_F(StackDeskTest, CodeThatIsNotMappedMakesNoStack) {
  desk_.prepare(self_);
  for (uint64_t page = 1; page <= 100; ++page) {
    CopiedStack copy = copy_own_stack(self_);
    copy.program_counter = page << 12;
    std::optional<StackId> answer;
    ASSERT_TRUE(desk_.post(copy, [&](StackId found) { answer = found; }));
    desk_.settle(kLong);
    desk_.accept();
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->valid());
  }
  EXPECT_TRUE(definer_.stacks.changes().stacks.empty());
}

TEST_F(StackDeskTest, AnswersOnlyInAccept) {
  int answers = 0;
  ASSERT_TRUE(desk_.post(copy_own_stack(self_), [&](StackId) { ++answers; }));
  desk_.settle(kLong);
  EXPECT_EQ(answers, 0);
  desk_.accept();
  desk_.accept();
  EXPECT_EQ(answers, 1);
}

// A child that is a copy of us: it has the same code at the same places.
class Copy {
 public:
  Copy() : pid_(::fork()) {
    if (pid_ == 0) {
      ::pause();
      ::_exit(0);
    }
  }
  ~Copy() { end(); }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  ProcessKey key() const { return {Pid{pid_}, 1}; }

 private:
  pid_t pid_;
};

TEST_F(StackDeskTest, KeepsAnEndedProcessUntilItsLastHolderLetsGo) {
  Copy copy;
  const ProcessKey key = copy.key();
  desk_.prepare(key);
  desk_.prepare(key);
  desk_.settle(kLong);
  copy.end();
  desk_.forget(key);
  EXPECT_TRUE(ask(key).value_or(StackId()).valid());
  desk_.forget(key);
  const auto gone = ask(key);
  ASSERT_TRUE(gone);  // an answer, of which nothing is known
  EXPECT_FALSE(gone->valid());
  desk_.forget(key);  // once too often: nothing happens
}

TEST_F(StackDeskTest, AnswersEachThatItTookAndNoneThatItRefused) {
  constexpr size_t kPosted = 4 * StackResolver::kMostWaiting;
  size_t refused = 0, answers = 0;
  const CopiedStack copy = copy_own_stack(self_);
  for (size_t i = 0; i < kPosted; ++i) {
    if (!desk_.post(copy, [&](StackId) { ++answers; })) ++refused;
  }
  desk_.settle(kLong);
  desk_.accept();
  EXPECT_GE(answers, StackResolver::kMostWaiting);
  EXPECT_EQ(answers + refused, kPosted);
}

}  // namespace
}  // namespace tidemark
