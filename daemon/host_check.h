// What works on this host, what does not, why, and what would help: every
// sensor is tried with the real object, then taken away (design part 4.5).
#pragma once

#include <string>
#include <vector>

#include "daemon/collector.h"

namespace tidemark {

struct HostCheck {
  enum class State : uint8_t { ok, degraded, missing };
  std::string what;
  State state = State::ok;
  std::string detail;  // ok: the level found; else the cause
  std::string lost;    // what is not measured, or less well; empty when ok
  std::string remedy;  // empty when ok
  // Without it the main job cannot be done: to record processes and judge.
  bool essential = false;
};

// All checks, sensors first. Loads and unloads every probe once. `pids`: whose
// allocators are looked for.
std::vector<HostCheck> check_host(const Roots& roots, const Clock& clock,
                                  const std::vector<Pid>& pids = {});
// True when nothing essential is missing.
bool can_record(const std::vector<HostCheck>& checks);

const char* host_check_state_name(HostCheck::State state);

// "cause; remedy" in two: how errors of probes and collectors are written.
struct CauseAndRemedy {
  std::string cause;
  std::string remedy;
};
CauseAndRemedy split_remedy(const std::string& what);

// The CapEff mask of a text of /proc/PID/status; 0 when it has none.
uint64_t parse_capabilities(std::string_view status);

}  // namespace tidemark
