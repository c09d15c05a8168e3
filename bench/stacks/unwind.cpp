// What a stack costs: unwinding a copy of it, naming its addresses for the
// first time and again; beside libdwfl, which eu-stack and perf build on.
//
// usage: bench_unwind PID...      stopped or sleeping processes; each thread's
// stack is copied once by ptrace(2) and unwound many times.
#include <dirent.h>
#include <elfutils/libdwfl.h>
#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "probes/symbolizer.h"
#include "probes/unwinder.h"

using namespace tidemark;

namespace {

constexpr size_t kCopiedStack = 16384;
constexpr int kRounds = 2000;

struct Copy {
  UnwindInput input;
  std::vector<uint8_t> stack;
};

double now_us() {
  return std::chrono::duration<double, std::micro>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool copy_thread(pid_t tid, Copy& out) {
  if (::ptrace(PTRACE_ATTACH, tid, nullptr, nullptr) != 0) return false;
  ::waitpid(tid, nullptr, __WALL);
  user_regs_struct from = {};
  ::ptrace(PTRACE_GETREGS, tid, nullptr, &from);
  out.input.registers = {from.rax, from.rdx, from.rcx, from.rbx,
                         from.rsi, from.rdi, from.rbp, from.rsp,
                         from.r8,  from.r9,  from.r10, from.r11,
                         from.r12, from.r13, from.r14, from.r15};
  out.input.program_counter = from.rip;
  out.input.stack_address = from.rsp;
  out.stack.resize(kCopiedStack);
  ssize_t got = -1;
  for (size_t size = kCopiedStack; got < 0 && size > 64; size -= 64) {
    iovec local = {out.stack.data(), size};
    iovec remote = {reinterpret_cast<void*>(from.rsp), size};
    got = ::process_vm_readv(tid, &local, 1, &remote, 1, 0);
  }
  out.stack.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  out.input.stack = out.stack;
  ::ptrace(PTRACE_DETACH, tid, nullptr, nullptr);
  return got > 0;
}

int count_frame(Dwfl_Frame* frame, void* count) {
  Dwarf_Addr counter = 0;
  if (!dwfl_frame_pc(frame, &counter, nullptr)) return DWARF_CB_ABORT;
  ++*static_cast<size_t*>(count);
  return DWARF_CB_OK;
}

// libdwfl on the living process, as eu-stack does it: the thread is stopped
// and read word by word, its object files are open already.
void measure_peer(pid_t pid, pid_t tid) {
  static Dwfl_Callbacks callbacks = {};
  callbacks.find_elf = dwfl_linux_proc_find_elf;
  callbacks.find_debuginfo = dwfl_standard_find_debuginfo;
  Dwfl* dwfl = dwfl_begin(&callbacks);
  dwfl_linux_proc_report(dwfl, pid);
  dwfl_report_end(dwfl, nullptr, nullptr);
  if (dwfl_linux_proc_attach(dwfl, pid, false) == 0) {
    size_t frames = 0;
    dwfl_getthread_frames(dwfl, tid, count_frame, &frames);
    const int rounds = kRounds / 10;
    frames = 0;
    const double begin = now_us();
    for (int i = 0; i < rounds; ++i) {
      dwfl_getthread_frames(dwfl, tid, count_frame, &frames);
    }
    const double each = (now_us() - begin) / rounds;
    const auto depth = static_cast<double>(frames) / rounds;
    fmt::print("  libdwfl, living: {:.0f} frames, {:.1f} us\n", depth, each);
  }
  dwfl_end(dwfl);
}

void measure(pid_t pid, pid_t tid) {
  Copy copy;
  auto maps = read_process_maps("/proc", Pid{pid});
  if (!maps || !copy_thread(tid, copy)) {
    fmt::print("{}: not to be read\n", tid);
    return;
  }
  Unwinder unwinder;
  double begin = now_us();
  const UnwoundStack stack = unwinder.unwind(*maps, copy.input);
  const double first = now_us() - begin;
  begin = now_us();
  for (int i = 0; i < kRounds; ++i) unwinder.unwind(*maps, copy.input);
  const double each = (now_us() - begin) / kRounds;
  const auto depth = static_cast<double>(stack.frames.size());
  fmt::print(
      "pid {} thread {}: {} frames, {}{}, {} B of stack\n"
      "  unwind: first {:.0f} us (files are read), then {:.2f} us, "
      "{:.2f} us a frame\n",
      pid, tid, stack.frames.size(), stack_quality_name(stack.quality),
      stack.truncated ? ", truncated" : "", copy.stack.size(), first, each,
      each / depth);
  Symbolizer symbolizer;
  for (const char* pass : {"first", "again"}) {
    size_t named = 0;
    begin = now_us();
    for (const UnwoundFrame& frame : stack.frames) {
      if (frame.object == UnwoundFrame::kNoObject) continue;
      const auto& object = unwinder.objects().at(frame.object);
      named += symbolizer.symbolize(symbol_source(object), frame.offset).size();
    }
    fmt::print("  names, {}: {} frames with inlines, {:.2f} us an address\n",
               pass, named, (now_us() - begin) / depth);
  }
  measure_peer(pid, tid);
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) {
    std::fputs("usage: bench_unwind PID...\n", stderr);
    return 64;
  }
  for (int i = 1; i < count; ++i) {
    const pid_t pid = std::atoi(words[i]);
    measure(pid, pid);
  }
}
