// Unwinds this very program from a copy of its stack, beside the unwinder of
// libgcc, and hostile copies of it.
#include "probes/unwinder.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

#include <cstring>
#include <random>

namespace tidemark {
namespace {

struct Snapshot {
  UnwindInput input;
  std::vector<uint8_t> stack;
  std::vector<uint64_t> expected;  // libgcc's return addresses
};

_Unwind_Reason_Code note_frame(_Unwind_Context* context, void* out) {
  static_cast<std::vector<uint64_t>*>(out)->push_back(_Unwind_GetIP(context));
  return _URC_NO_REASON;
}

ProcessMaps own_maps() {
  auto maps = read_process_maps("/proc", Pid{::getpid()});
  EXPECT_TRUE(maps) << maps.error().what;
  return maps ? std::move(*maps) : ProcessMaps();
}

// Registers and stack as they are here, in the middle of the caller.
[[gnu::noinline]] void take(Snapshot& out) {
  UnwindInput& input = out.input;
  asm volatile(
      "movq %%rbx, %0\n movq %%rbp, %1\n movq %%rsp, %2\n movq %%r12, %3\n"
      "movq %%r13, %4\n movq %%r14, %5\n movq %%r15, %6\n leaq 0(%%rip), %7"
      : "=m"(input.registers[3]), "=m"(input.registers[6]),
        "=m"(input.registers[7]), "=m"(input.registers[12]),
        "=m"(input.registers[13]), "=m"(input.registers[14]),
        "=m"(input.registers[15]), "=r"(input.program_counter)::"memory");
  input.stack_address = input.registers[7];
  const ProcessMaps maps = own_maps();
  const Mapping* const area = maps.find(input.stack_address);
  out.stack.resize(std::min<uint64_t>(16384, area->end - input.stack_address));
  std::memcpy(out.stack.data(),
              reinterpret_cast<const void*>(input.stack_address),
              out.stack.size());
  input.stack = out.stack;
  _Unwind_Backtrace(note_frame, &out.expected);
}

[[gnu::noinline]] int third(Snapshot& out, int n) {
  take(out);
  return n + 1;
}
[[gnu::noinline]] int second(Snapshot& out, int n) {
  return third(out, n * 2) + 1;
}
[[gnu::noinline]] int first(Snapshot& out, int n) {
  return second(out, n + 3) * 2;
}

// Whether a function of ours holds the address, or one just behind it.
template <typename Function>
bool is_in(const UnwoundFrame& frame, Function* function) {
  const auto begin = reinterpret_cast<uint64_t>(function);
  return frame.address > begin && frame.address < begin + 1000;
}

TEST(Unwinder, FindsTheCallersThatLibgccFinds) {
  Snapshot snapshot;
  first(snapshot, 1);
  const ProcessMaps maps = own_maps();
  Unwinder unwinder;
  const UnwoundStack stack = unwinder.unwind(maps, snapshot.input);
  EXPECT_EQ(stack.quality, StackQuality::cfi);
  ASSERT_GE(stack.frames.size(), 8u);
  EXPECT_TRUE(is_in(stack.frames[0], take));
  EXPECT_TRUE(is_in(stack.frames[1], third));
  EXPECT_TRUE(is_in(stack.frames[2], second));
  EXPECT_TRUE(is_in(stack.frames[3], first));
  // libgcc's first frame is take(), at a later place; the rest is the same.
  for (size_t i = 1; i < stack.frames.size(); ++i) {
    ASSERT_LT(i, snapshot.expected.size());
    EXPECT_EQ(stack.frames[i].address + 1, snapshot.expected[i]) << i;
  }
}

TEST(Unwinder, EndsAtTheProgramsStartOrSaysThatItDoesNot) {
  Snapshot snapshot;
  first(snapshot, 1);
  Unwinder unwinder;
  const ProcessMaps maps = own_maps();
  EXPECT_FALSE(unwinder.unwind(maps, snapshot.input).truncated);
  snapshot.input.stack = snapshot.input.stack.first(512);
  const UnwoundStack cut = unwinder.unwind(maps, snapshot.input);
  // Where a guess led to the start after all, that is said too.
  EXPECT_TRUE(cut.truncated || cut.quality == StackQuality::guess);
  EXPECT_GE(cut.frames.size(), 2u);
}

TEST(Unwinder, KnowsTheFileAndOffsetOfEachFrame) {
  Snapshot snapshot;
  first(snapshot, 1);
  const ProcessMaps maps = own_maps();
  Unwinder unwinder;
  const UnwoundStack stack = unwinder.unwind(maps, snapshot.input);
  const UnwoundFrame& frame = stack.frames[1];
  const Mapping* mapping = maps.find(frame.address);
  ASSERT_NE(mapping, nullptr);
  ASSERT_NE(frame.object, UnwoundFrame::kNoObject);
  EXPECT_EQ(unwinder.objects().at(frame.object).path, mapping->path);
  EXPECT_EQ(frame.offset,
            frame.address - mapping->begin + mapping->file_offset);
  EXPECT_FALSE(unwinder.objects().at(frame.object).build_id.empty());
}

// At the first instruction of third(): nothing is pushed yet.
TEST(Unwinder, TakesTheCallerAtAnEntryFromTheStackPointer) {
  Snapshot snapshot;
  first(snapshot, 1);
  const ProcessMaps maps = own_maps();
  Unwinder unwinder;
  const UnwoundStack whole = unwinder.unwind(maps, snapshot.input);
  std::vector<uint8_t> stack(16);
  const uint64_t caller = whole.frames[2].address + 1;
  std::memcpy(stack.data(), &caller, 8);
  UnwindInput input;
  input.program_counter = reinterpret_cast<uint64_t>(&third);
  input.registers[7] = 0x7000;
  input.stack_address = 0x7000;
  input.stack = stack;
  input.place = UnwindInput::Place::function_entry;
  const UnwoundStack entry = unwinder.unwind(maps, input);
  ASSERT_GE(entry.frames.size(), 2u);
  EXPECT_EQ(entry.frames[0].address, input.program_counter);
  EXPECT_EQ(entry.frames[1].address, caller - 1);
  EXPECT_TRUE(entry.truncated);
}

TEST(Unwinder, SurvivesAnyStack) {
  Snapshot snapshot;
  first(snapshot, 1);
  const ProcessMaps maps = own_maps();
  Unwinder unwinder;
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<uint8_t> stack = snapshot.stack;
    // Words that lead into the stack, into code, or anywhere.
    for (size_t i = 0; i + 8 <= stack.size(); i += 8) {
      if (random() % 8 != 0) continue;
      uint64_t value = random();
      if (value % 3 == 0) {
        value = snapshot.input.stack_address + value % stack.size();
      } else if (value % 3 == 1) {
        const Mapping& mapping = maps.mappings[value % maps.mappings.size()];
        value = mapping.begin + value % (mapping.end - mapping.begin);
      }
      std::memcpy(stack.data() + i, &value, 8);
    }
    UnwindInput input = snapshot.input;
    input.stack = stack;
    if (round % 4 == 0) input.program_counter = random();
    if (round % 5 == 0) input.registers[7] = UINT64_MAX - random() % 64;
    const UnwoundStack result = unwinder.unwind(maps, input);
    EXPECT_FALSE(result.frames.empty());
    EXPECT_LE(result.frames.size(), Unwinder::kMostFrames);
  }
}

TEST(Unwinder, SurvivesAnEmptyCopyAndNoMaps) {
  Unwinder unwinder;
  UnwindInput input;
  const UnwoundStack stack = unwinder.unwind(ProcessMaps(), input);
  EXPECT_EQ(stack.frames.size(), 1u);
  EXPECT_EQ(stack.frames[0].object, UnwoundFrame::kNoObject);
  EXPECT_TRUE(stack.truncated);
}

}  // namespace
}  // namespace tidemark
