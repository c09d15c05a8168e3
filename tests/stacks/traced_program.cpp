#include "tests/stacks/traced_program.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

namespace tidemark::testing_stacks {
namespace {

constexpr size_t kCopiedStack = 16384;
constexpr long kBreakpoint = 0xcc;  // int3

std::string word_path(pid_t pid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

// Where the kernel starts the program itself, from the auxiliary vector.
uint64_t entry_address(pid_t pid) {
  std::ifstream file(word_path(pid, "auxv"), std::ios::binary);
  Elf64_auxv_t entry = {};
  while (file.read(reinterpret_cast<char*>(&entry), sizeof(entry))) {
    if (entry.a_type == AT_ENTRY) return entry.a_un.a_val;
  }
  return 0;
}

long peek(pid_t pid, uint64_t address) {
  return ::ptrace(PTRACE_PEEKTEXT, pid, address, nullptr);
}
void poke(pid_t pid, uint64_t address, long word) {
  EXPECT_EQ(::ptrace(PTRACE_POKETEXT, pid, address, word), 0);
}

UnwindInput input_of(const user_regs_struct& from, std::vector<uint8_t>& stack,
                     pid_t pid) {
  UnwindInput input;
  input.registers = {from.rax, from.rdx, from.rcx, from.rbx, from.rsi, from.rdi,
                     from.rbp, from.rsp, from.r8,  from.r9,  from.r10, from.r11,
                     from.r12, from.r13, from.r14, from.r15};
  input.program_counter = from.rip;
  input.stack_address = from.rsp;
  input.place = UnwindInput::Place::function_entry;
  stack.resize(kCopiedStack);
  iovec local = {stack.data(), stack.size()};
  iovec remote = {reinterpret_cast<void*>(from.rsp), stack.size()};
  ssize_t got = ::process_vm_readv(pid, &local, 1, &remote, 1, 0);
  // The stack may end before that.
  while (got < 0 && remote.iov_len > 64) {
    local.iov_len = remote.iov_len = remote.iov_len - 64;
    got = ::process_vm_readv(pid, &local, 1, &remote, 1, 0);
  }
  stack.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  input.stack = stack;
  return input;
}

}  // namespace

TracedProgram::TracedProgram(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
  if (!WIFSTOPPED(status) || !run_to_entry()) {
    ADD_FAILURE() << words[0] << " did not start";
    return;
  }
  place_breakpoints();
}

TracedProgram::~TracedProgram() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

// The dynamic linker has done its work when the program's entry is reached.
bool TracedProgram::run_to_entry() {
  const uint64_t entry = entry_address(pid_);
  const long original = peek(pid_, entry);
  poke(pid_, entry, (original & ~0xffL) | kBreakpoint);
  ::ptrace(PTRACE_CONT, pid_, nullptr, nullptr);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) return false;
  poke(pid_, entry, original);
  user_regs_struct registers = {};
  ::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers);
  registers.rip = entry;
  ::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers);
  return true;
}

void TracedProgram::place_breakpoints() {
  auto maps = read_process_maps("/proc", Pid{pid_});
  AllocatorFinder finder;
  const auto found = finder.find(Pid{pid_});
  if (!maps || !found) {
    ADD_FAILURE() << (maps ? found.error().what : maps.error().what);
    return;
  }
  maps_ = std::move(*maps);
  EXPECT_EQ(found->not_visible, "");
  for (const AllocatorObject& object : found->objects) {
    for (const AllocatorProbe& probe : object.probes) {
      for (const Mapping& mapping : maps_.mappings) {
        if (mapping.file != object.file || !mapping.executable ||
            probe.probe_offset < mapping.file_offset ||
            probe.probe_offset - mapping.file_offset >=
                mapping.end - mapping.begin) {
          continue;
        }
        const uint64_t address =
            mapping.begin + (probe.probe_offset - mapping.file_offset);
        sites_[address] = {probe, peek(pid_, address)};
      }
    }
  }
  for (const auto& [address, site] : sites_) {
    poke(pid_, address, (peek(pid_, address) & ~0xffL) | kBreakpoint);
  }
}

void TracedProgram::pass_breakpoint(uint64_t address,
                                    user_regs_struct registers) {
  const long armed = peek(pid_, address);
  poke(pid_, address, (armed & ~0xffL) | (sites_[address].original & 0xff));
  registers.rip = address;
  ::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers);
  ::ptrace(PTRACE_SINGLESTEP, pid_, nullptr, nullptr);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  EXPECT_TRUE(WIFSTOPPED(status));
  poke(pid_, address, armed);
}

int TracedProgram::run(const std::function<void(const Stop&)>& at_call) {
  std::vector<uint8_t> stack;
  while (true) {
    ::ptrace(PTRACE_CONT, pid_, nullptr, nullptr);
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) return -1;
    if (WIFEXITED(status)) {
      pid_ = -1;
      return WEXITSTATUS(status);
    }
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) {
      ADD_FAILURE() << "stopped by status " << status;
      return -1;
    }
    user_regs_struct registers = {};
    ::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers);
    const uint64_t address = registers.rip - 1;
    const auto site = sites_.find(address);
    if (site == sites_.end()) {
      ADD_FAILURE() << "a trap of its own";
      return -1;
    }
    registers.rip = address;
    at_call({maps_, site->second.probe, input_of(registers, stack, pid_)});
    pass_breakpoint(address, registers);
  }
}

}  // namespace tidemark::testing_stacks
