/* libtidemark: tell Tidemark what a program is doing while it is measured.
 *
 *   tidemark_session *s = tidemark_open("server", 0);
 *   tidemark_metric request = tidemark_op(s, "request");
 *   tidemark_run_begin(s, "soak");
 *   uint64_t phase = tidemark_phase_begin(s, "steady", TIDEMARK_STEADY);
 *   ... tidemark_done(s, request, 1); ...
 *   tidemark_phase_end(s, phase);
 *   tidemark_run_end(s, TIDEMARK_RUN_OK);
 *   tidemark_close(s);
 *
 * Every call works with or without a daemon, and with a NULL session (it does
 * nothing then). What is said while no daemon listens waits in the process's
 * own memory and is read by a daemon that comes within reach later; what no
 * longer fits is dropped and counted.
 *
 * Cost: counting is a store; a mark is one clock read and one cache line; no
 * call but open, close and those with a timeout enters the kernel, except that
 * a client without a daemon looks for one at most once a second.
 *
 * Safety: thread-safe. Marks, counts, gauges and spans are async-signal-safe
 * (a mark inside an interrupted mark is dropped and counted), allocate nothing
 * and keep errno. After fork() the child is a new client of its own.
 *
 * Names and texts are bytes, UTF-8 if they are to look right; metric
 * names longer than 128 bytes and other texts longer than 424 bytes are cut.
 */
#ifndef TIDEMARK_TIDEMARK_H_
#define TIDEMARK_TIDEMARK_H_

#include <stdint.h>

#define TIDEMARK_VERSION_MAJOR 0
#define TIDEMARK_VERSION_MINOR 1

#if defined(__GNUC__)
#define TIDEMARK_API __attribute__((visibility("default")))
#else
#define TIDEMARK_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The process's connection; one per process, however often it is opened. */
typedef struct tidemark_session tidemark_session;

/* Flags of tidemark_open. */
enum {
  /* A short-lived command that speaks for something else: the phases it begins
   * outlive it and can be ended by another such command. */
  TIDEMARK_DETACHED = 1
};

/* Opens the channel under the application's name; finds the daemon by
 * $TIDEMARK_SOCKET, else /run/tidemark/client.sock. A further open in the same
 * process returns the same session, to be closed as often. NULL with errno if
 * the process cannot have shared memory (memfd_create, mmap). */
TIDEMARK_API tidemark_session* tidemark_open(const char* app, unsigned flags);
/* The last close says goodbye to the daemon. */
TIDEMARK_API void tidemark_close(tidemark_session* session);
/* 1 while a daemon reads this process's channel, else 0, having looked for one
 * again (at most once a second, by one connect that does not wait). */
TIDEMARK_API int tidemark_connected(tidemark_session* session);
/* Marks that were dropped so far: lanes full, or said inside another mark. */
TIDEMARK_API uint64_t tidemark_dropped(tidemark_session* session);

/* --- Runs and phases ---------------------------------------------------- */

enum tidemark_run_status {
  TIDEMARK_RUN_OK = 0,
  TIDEMARK_RUN_FAILED = 1,
  TIDEMARK_RUN_ABORTED = 2
};

TIDEMARK_API void tidemark_run_begin(tidemark_session* session,
                                     const char* name);
TIDEMARK_API void tidemark_run_end(tidemark_session* session,
                                   enum tidemark_run_status status);

/* How a phase is to be read. */
enum tidemark_phase_kind {
  TIDEMARK_CUSTOM = 0,
  TIDEMARK_SETUP = 1,
  TIDEMARK_WARMUP = 2,
  TIDEMARK_RAMP = 3,
  TIDEMARK_LOAD = 4,
  TIDEMARK_STEADY = 5,
  TIDEMARK_COOLDOWN = 6,
  TIDEMARK_TEARDOWN = 7,
  TIDEMARK_EXCLUDE = 8
};

/* Phases nest; the same path again is its next cycle. Returns the handle for
 * tidemark_phase_end, 0 if the mark was dropped. */
TIDEMARK_API uint64_t tidemark_phase_begin(tidemark_session* session,
                                           const char* name,
                                           enum tidemark_phase_kind kind);
/* Ends that phase; handle 0 does nothing. */
TIDEMARK_API void tidemark_phase_end(tidemark_session* session,
                                     uint64_t handle);
/* Ends the innermost open phase of that name. */
TIDEMARK_API void tidemark_phase_end_name(tidemark_session* session,
                                          const char* name);

/* Says KEY=VALUE of an open phase, or of the run (phase 0), e.g. users=50: 424
 * bytes in all. */
TIDEMARK_API void tidemark_attribute(tidemark_session* session, uint64_t phase,
                                     const char* key, const char* value);

/* --- Moments ------------------------------------------------------------ */

TIDEMARK_API void tidemark_note(tidemark_session* session, const char* text);
/* Asks for a deep sample under this name. */
TIDEMARK_API void tidemark_snapshot(tidemark_session* session,
                                    const char* name);

enum tidemark_answer {
  TIDEMARK_DONE = 0,
  TIDEMARK_TIMED_OUT = 1,
  TIDEMARK_NO_DAEMON = 2 /* returned at once */
};

/* "I am idle and my caches are trimmed": the daemon samples until the process
 * is stable, then answers. The reading point for retained memory. Blocks for
 * at most timeout_ms. */
TIDEMARK_API enum tidemark_answer tidemark_quiesce(tidemark_session* session,
                                                   uint32_t timeout_ms);
/* Waits until all marks made so far are in the recording. Blocks for at most
 * timeout_ms. */
TIDEMARK_API enum tidemark_answer tidemark_flush(tidemark_session* session,
                                                 uint32_t timeout_ms);

/* --- Gates and alerts ---------------------------------------------------- */

enum tidemark_gate_status {
  TIDEMARK_GATE_PASS = 0,
  TIDEMARK_GATE_WARN = 1,
  TIDEMARK_GATE_FAIL = 2,
  TIDEMARK_GATE_INCONCLUSIVE = 3
};

typedef struct tidemark_gate_result {
  enum tidemark_gate_status status;
  double value;     /* in the gate's base unit (bytes, seconds); NaN: none */
  char reason[160]; /* one clause, cut if longer */
} tidemark_gate_result;

/* Holds a gate (docs/gates.md) against the recording as it is now. Blocks for
 * at most timeout_ms. Other than TIDEMARK_DONE, and when the gate is longer
 * than 424 bytes or wrong, the result is inconclusive and says why. */
TIDEMARK_API enum tidemark_answer tidemark_gate(tidemark_session* session,
                                                const char* gate,
                                                uint32_t timeout_ms,
                                                tidemark_gate_result* result);

/* A gate or finding that fired while the run went on; again with
 * TIDEMARK_GATE_PASS when it is over. */
typedef struct tidemark_alert {
  enum tidemark_gate_status status;
  int64_t time_ns; /* CLOCK_BOOTTIME */
  double value;    /* NaN: none */
  char name[160];  /* cut if longer */
} tidemark_alert;

/* The oldest alert that this process has not taken yet: 1; none: 0. Does not
 * enter the kernel. One thread at a time gets each. */
TIDEMARK_API int tidemark_alert_poll(tidemark_session* session,
                                     tidemark_alert* alert);
/* Waits for one, at most timeout_ms; returns at once without a daemon. */
TIDEMARK_API enum tidemark_answer tidemark_alert_wait(tidemark_session* session,
                                                      uint32_t timeout_ms,
                                                      tidemark_alert* alert);
/* Alerts that were overwritten before this process took them: 12 are kept. */
TIDEMARK_API uint64_t tidemark_alerts_missed(tidemark_session* session);

/* --- Figures ------------------------------------------------------------ */

/* A name made once and used often; at most 256 in a process, 64 of them spans.
 * The functions that make them may take a lock: keep the value. The same name
 * gives the same metric. */
typedef uint32_t tidemark_metric;
#define TIDEMARK_NO_METRIC UINT32_MAX /* uses of it do nothing */

/* A kind of unit of work. */
TIDEMARK_API tidemark_metric tidemark_op(tidemark_session* session,
                                         const char* name);
TIDEMARK_API tidemark_metric tidemark_counter(tidemark_session* session,
                                              const char* name);
TIDEMARK_API tidemark_metric tidemark_gauge(tidemark_session* session,
                                            const char* name);
TIDEMARK_API tidemark_metric tidemark_span(tidemark_session* session,
                                           const char* name);

/* Leaks of this process are told per this op; default: the first op made. */
TIDEMARK_API void tidemark_primary_op(tidemark_session* session,
                                      tidemark_metric op);
/* n units of work were done; of them (or besides) n failed. A failed unit is
 * counted by both calls. */
TIDEMARK_API void tidemark_done(tidemark_session* session, tidemark_metric op,
                                uint64_t n);
TIDEMARK_API void tidemark_failed(tidemark_session* session, tidemark_metric op,
                                  uint64_t n);
TIDEMARK_API void tidemark_count(tidemark_session* session,
                                 tidemark_metric counter, uint64_t n);
/* NaN and infinities are ignored. */
TIDEMARK_API void tidemark_gauge_set(tidemark_session* session,
                                     tidemark_metric gauge, double value);
TIDEMARK_API void tidemark_gauge_add(tidemark_session* session,
                                     tidemark_metric gauge, double delta);

/* A timed operation. The value may be copied, nested, and ended by another
 * thread. */
typedef struct tidemark_span_state {
  int64_t begin_ns; /* CLOCK_BOOTTIME */
  tidemark_metric span;
} tidemark_span_state;

TIDEMARK_API tidemark_span_state tidemark_span_begin(tidemark_session* session,
                                                     tidemark_metric span);
/* ok: 0 counts an error beside the duration. */
TIDEMARK_API void tidemark_span_end(tidemark_session* session,
                                    tidemark_span_state state, int ok);
/* A duration that the caller measured. */
TIDEMARK_API void tidemark_span_record(tidemark_session* session,
                                       tidemark_metric span,
                                       int64_t duration_ns, int ok);

/* A span that begins in one place and ends in another, such as a coroutine's:
 * told by any number that the program has for it. At most 4096 are in flight
 * in a process. 1: done; 0: refused (no room, or nothing of that id began) and
 * counted. An id may be used again once it has ended. */
TIDEMARK_API int tidemark_async_begin(tidemark_session* session,
                                      tidemark_metric span, uint64_t id);
TIDEMARK_API int tidemark_async_end(tidemark_session* session,
                                    tidemark_metric span, uint64_t id, int ok);
TIDEMARK_API uint64_t tidemark_async_refused(tidemark_session* session);

/* Now, in the library's clock: CLOCK_BOOTTIME in ns. */
TIDEMARK_API int64_t tidemark_now(void);

/* An op with a duration: also makes the span of the same name, and where the
 * program knows when it should have started each op (paced != 0), the span
 * NAME.service. */
TIDEMARK_API tidemark_metric tidemark_timed_op(tidemark_session* session,
                                               const char* name, int paced);
/* One such op is done now. The span NAME gets the time since intended_ns: a
 * queue in front of a slow system then counts as slowness, and is not omitted
 * because the load waited; NAME.service gets the time since start_ns. With
 * intended_ns 0 (not known), NAME gets the time since start_ns. !ok counts a
 * failure. Ops that tidemark_timed_op did not make are counted only. */
TIDEMARK_API void tidemark_op_done(tidemark_session* session,
                                   tidemark_metric op, int64_t intended_ns,
                                   int64_t start_ns, int ok);

/* --- Reading back ------------------------------------------------------- */

/* What this process has counted so far: of an op, counter, or span (its sum of
 * ns). No call of these enters the kernel. */
TIDEMARK_API uint64_t tidemark_total(tidemark_session* session,
                                     tidemark_metric metric);
/* Failures of an op or span. */
TIDEMARK_API uint64_t tidemark_total_failed(tidemark_session* session,
                                            tidemark_metric metric);

/* Durations of from_ns to to_ns, both included. */
typedef struct tidemark_bucket {
  int64_t from_ns;
  int64_t to_ns;
  uint64_t count;
} tidemark_bucket;

/* The buckets of a span that hold something, shortest first, into `out` as far
 * as `capacity` goes. Returns how many there are. Buckets below 2048 ns are
 * exact, others at most 0.1 % wide. */
TIDEMARK_API uint32_t tidemark_span_buckets(tidemark_session* session,
                                            tidemark_metric span,
                                            tidemark_bucket* out,
                                            uint32_t capacity);
/* The longest duration so far, exactly. */
TIDEMARK_API int64_t tidemark_span_max(tidemark_session* session,
                                       tidemark_metric span);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TIDEMARK_TIDEMARK_H_ */
