// A program stopped at each call of an allocator, by breakpoints at the very
// sites that the finder chose: what a probe would see, without a probe.
#pragma once

#include <sys/user.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "probes/allocator_finder.h"
#include "probes/unwinder.h"

namespace tidemark::testing_stacks {

struct Stop {
  const ProcessMaps& maps;
  const AllocatorProbe& probe;
  UnwindInput input;
};

class TracedProgram {
 public:
  // Starts it and stops it at main's begin, all libraries mapped.
  explicit TracedProgram(std::vector<std::string> words);
  TracedProgram(const TracedProgram&) = delete;
  TracedProgram& operator=(const TracedProgram&) = delete;
  ~TracedProgram();

  pid_t pid() const { return pid_; }
  // Lets it run to its end; the exit code, or -1.
  int run(const std::function<void(const Stop&)>& at_call);

 private:
  struct Site {
    AllocatorProbe probe;
    long original = 0;  // the word of code under the breakpoint
  };
  bool run_to_entry();
  void place_breakpoints();
  void pass_breakpoint(uint64_t address, user_regs_struct registers);

  pid_t pid_ = -1;
  ProcessMaps maps_;
  std::map<uint64_t, Site> sites_;
};

}  // namespace tidemark::testing_stacks
