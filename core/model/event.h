// Events: everything that happens at a time rather than having a value: what
// clients say (marks), process lives, and what befell the measurement itself.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/clock.h"
#include "core/base/ids.h"

namespace tidemark {

enum class EventKind : uint8_t {
  // Marks: what a client said. `name` is the run's or phase's name or the
  // note's text; time is the client's own reading of CLOCK_BOOTTIME.
  run_begin = 1,
  run_end = 2,  // value: 0 ok, 1 failed, 2 aborted
  phase_begin = 3,
  phase_end = 4,
  note = 5,
  snapshot = 6,
  quiesce = 7,    // the client is idle, caches trimmed: a reading point
  attribute = 8,  // name: KEY=VALUE; value: the phase's handle, 0 = the run

  // Process lives (subject may be invalid: lives between two ticks).
  fork = 16,
  exec = 17,  // name: the new comm
  exit = 18,  // value: wait status as in waitpid(2); figures in `life`
  oom_kill = 19,

  // Clients.
  client_begin = 32,        // name: application name
  client_end = 33,          // value: 0 died, 1 said goodbye, 2 detached (shell)
  client_quarantined = 34,  // text: the rule it broke
  client_primary = 35,      // name: the op that its leaks are counted by

  // The measurement itself.
  gap = 48,            // text: why ticks are missing; value: how many
  governor = 49,       // text: what was lengthened or dropped, and why
  degraded = 50,       // name: what; text: cause and remedy
  alert = 51,          // name: gate or finding; text: the sentence; value: 0 it
                       // is over, 1 a warning, 2 failed, 3 failed: end the run
  command_begin = 52,  // record -- cmd: the command was started
  command_end = 53,    // value: wait status
  heap = 54,           // name: attached, sampling, detached; text: what and why
};

// How a phase is to be read; a closed set (part 2 of the design).
enum class PhaseKind : uint8_t {
  custom = 0,
  setup = 1,
  warmup = 2,
  ramp = 3,
  load = 4,
  steady = 5,
  cooldown = 6,
  teardown = 7,
  exclude = 8,
};

// Final figures of an ended process, from the kernel at exit.
struct ProcessLife {
  ProcessKey key;
  Pid parent;
  int64_t cpu_user_ns = 0;
  int64_t cpu_system_ns = 0;
  int64_t rss_peak_bytes = 0;
  int64_t io_read_bytes = 0;
  int64_t io_write_bytes = 0;
  int64_t begin_ns = 0;  // CLOCK_BOOTTIME of its fork

  bool operator==(const ProcessLife&) const = default;
};

struct Event {
  BootTime time;
  EventKind kind = EventKind::note;
  SubjectId subject;  // the process or client it is about; may be invalid
  std::string name;   // raw bytes
  std::string text;   // raw bytes
  int64_t value = 0;
  PhaseKind phase_kind = PhaseKind::custom;

  // Marks only: where in the client's channel it stood, so that a reader that
  // joins files drops repeats; and when the daemon received it.
  uint32_t lane = 0;
  uint64_t sequence = 0;
  BootTime received;

  ProcessLife life;  // fork, exec, exit

  bool operator==(const Event&) const = default;
};

constexpr bool is_mark(EventKind kind) {
  return kind >= EventKind::run_begin && kind <= EventKind::attribute;
}

// "setup", "warmup", ... and back. from_name: nullptr-safe, exact match.
const char* phase_kind_name(PhaseKind kind);
bool phase_kind_from_name(const char* name, PhaseKind& kind);

}  // namespace tidemark
