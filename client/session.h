// Inside libtidemark: the process's session and each thread's place in it.
#ifndef TIDEMARK_CLIENT_SESSION_H_
#define TIDEMARK_CLIENT_SESSION_H_

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>
#include <time.h>

#include "client/channel.h"
#include "client/include/tidemark/tidemark.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define HIDDEN __attribute__((visibility("hidden")))

#define NS_PER_MS INT64_C(1000000)

// A metric as this process defined it; survives fork in private memory, so
// that a child can write it into its own segment under the same index.
struct metric {
  uint8_t kind;
  uint8_t length;
  uint16_t histogram;
  uint16_t span;  // of a timed op: the spans' index + 1; 0 = none
  uint16_t service;
  char text[TIDEMARK_NAME_BYTES];
};

struct tidemark_session {
  struct tidemark_segment* segment;  // atomic; NULL: none (yet, or forked)
  pthread_mutex_t lock;              // open, close and definitions
  uint32_t references;
  uint32_t forked;    // a child that has no segment of its own yet
  uint32_t creating;  // try-flag around making that segment
  uint32_t linking;   // try-flag around the socket
  uint32_t overflow;  // try-flag around lane 0
  uint32_t freed;     // lanes released so far: worth looking for one again
  int memfd;
  int socket;     // -1: not connected
  uint32_t busy;  // atomic: a daemon listens, its queue was full
  int64_t last_attempt_ns;
  uint64_t last_handle;
  uint64_t last_token;
  uint64_t alerts_taken;  // atomic: the number of the next alert
  uint64_t alerts_missed;
  uint64_t lost;  // marks that had no segment to go to
  uint64_t async_refused;
  uint32_t flags;
  uint32_t metric_count;
  uint32_t histogram_count;
  uint32_t primary;  // index + 1
  char app[TIDEMARK_NAME_BYTES];
  struct sockaddr_un daemon;  // family 0: none usable
  struct metric metrics[TIDEMARK_NAMES];
};

struct mark {
  uint8_t kind;  // enum tidemark_record_kind
  uint8_t phase_kind;
  int64_t value;
  const char* text;  // NULL: none
};

struct thread_state {
  struct tidemark_stripe* stripe;  // NULL: no lane of its own
  struct tidemark_lane* lane;      // NULL: not claimed
  struct tidemark_record* ring;
  uint32_t index;  // of the lane; 0 = the shared one
  uint32_t id;     // gettid()
  uint32_t busy;   // inside a mark: a nested one must not touch the lane
  uint32_t calls;  // counts since the last look for a daemon
  uint32_t freed;  // session's `freed` when it was last refused a lane
};

extern HIDDEN struct tidemark_session tidemark_the_session;
extern HIDDEN _Thread_local struct thread_state tidemark_this_thread
    __attribute__((tls_model("initial-exec")));

static inline int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_BOOTTIME, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

// Where a thread that is cancelled would leave the session locked: connect(2)
// and close(2) are such points, and with asynchronous cancellation all are.
static inline int tidemark_hold_cancellation(void) {
  int before = PTHREAD_CANCEL_ENABLE;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
  return before;
}
static inline void tidemark_release_cancellation(int before) {
  int unused;
  pthread_setcancelstate(before, &unused);
}

// segment.c: making one; NULL with errno.
HIDDEN struct tidemark_segment* tidemark_segment_create(
    struct tidemark_session* session);
HIDDEN void tidemark_segment_name(struct tidemark_session* session,
                                  struct tidemark_segment* segment,
                                  uint32_t index);

// lanes.c: this thread's lane, claimed at first use; false: no segment.
HIDDEN bool tidemark_claim(struct tidemark_session* session,
                           struct thread_state* thread);
HIDDEN void tidemark_lanes_init(void);
HIDDEN void tidemark_lanes_end(void);  // before this code is unmapped
// The session's segment; in a forked child it is made now. NULL: none.
HIDDEN struct tidemark_segment* tidemark_segment_get(
    struct tidemark_session* session);

// link.c: the socket. All keep errno and never block.
HIDDEN void tidemark_link_init(struct tidemark_session* session);
HIDDEN void tidemark_link_connect(struct tidemark_session* session,
                                  int64_t now);
HIDDEN void tidemark_link_close(struct tidemark_session* session, bool goodbye);
HIDDEN bool tidemark_link_alive(struct tidemark_session* session, int64_t now);

// The heartbeat is stale: look for a daemon, at most once a second.
static inline void tidemark_link_check(struct tidemark_session* session,
                                       struct tidemark_segment* segment,
                                       int64_t now) {
  const int64_t beat =
      (int64_t)__atomic_load_n(&segment->header.heartbeat_ns, __ATOMIC_RELAXED);
  if (LIKELY(now - beat < TIDEMARK_STALE_MS * NS_PER_MS)) return;
  const int64_t last =
      __atomic_load_n(&session->last_attempt_ns, __ATOMIC_RELAXED);
  if (now - last >= TIDEMARK_RETRY_MS * NS_PER_MS) {
    tidemark_link_connect(session, now);
  }
}

// The same from calls that read no clock: every 4096th asks.
HIDDEN void tidemark_link_poll(struct tidemark_session* session);
static inline void tidemark_link_count(struct tidemark_session* session,
                                       struct thread_state* thread) {
  if (UNLIKELY((++thread->calls & 4095) == 0)) tidemark_link_poll(session);
}

// waiting.c: until `met`; at most timeout_ms, asking every `step` ns.
typedef bool (*wait_condition)(struct tidemark_segment* segment,
                               void* argument);
HIDDEN enum tidemark_answer tidemark_wait(struct tidemark_session* session,
                                          wait_condition met, void* argument,
                                          uint32_t timeout_ms, int64_t step);

// marks.c: into this thread's lane; false: dropped and counted.
HIDDEN bool tidemark_put(struct tidemark_session* session, struct mark* mark);

// operations.c: a forked child has none of its parent's spans in flight.
HIDDEN void tidemark_async_forget(void);

#endif  // TIDEMARK_CLIENT_SESSION_H_
