// Calls that wait for the daemon: each at most its timeout, and not at all
// without one. One whose queue is full is there.
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/session.h"

static void nap(uint32_t* word, uint32_t seen, int64_t ns) {
  const struct timespec t = {.tv_sec = ns / 1000000000,
                             .tv_nsec = ns % 1000000000};
  syscall(SYS_futex, word, FUTEX_WAIT, seen, &t, NULL, 0);
}

// In steps short enough to notice the daemon's death.
enum tidemark_answer tidemark_wait(struct tidemark_session* session,
                                   wait_condition met, void* argument,
                                   uint32_t timeout_ms, int64_t step) {
  struct tidemark_segment* segment =
      __atomic_load_n(&session->segment, __ATOMIC_ACQUIRE);
  const int saved = errno;
  const int64_t deadline = now_ns() + timeout_ms * NS_PER_MS;
  enum tidemark_answer answer = TIDEMARK_NO_DAEMON;
  while (segment != NULL) {
    uint32_t* word = &segment->header.quiesced_wake;
    const uint32_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    const int64_t now = now_ns();
    answer = TIDEMARK_DONE;
    if (met(segment, argument)) break;
    tidemark_link_check(session, segment, now);
    answer = TIDEMARK_NO_DAEMON;
    const bool busy = __atomic_load_n(&session->busy, __ATOMIC_RELAXED);
    if (!busy && !tidemark_link_alive(session, now)) break;
    answer = TIDEMARK_TIMED_OUT;
    if (now >= deadline) break;
    nap(word, seen, deadline - now < step ? deadline - now : step);
  }
  errno = saved;
  return answer;
}

static bool is_quiesced(struct tidemark_segment* segment, void* token) {
  return __atomic_load_n(&segment->header.quiesced, __ATOMIC_ACQUIRE) >=
         *(const uint64_t*)token;
}

enum tidemark_answer tidemark_quiesce(tidemark_session* session,
                                      uint32_t timeout_ms) {
  if (session == NULL) return TIDEMARK_NO_DAEMON;
  uint64_t token =
      __atomic_add_fetch(&session->last_token, 1, __ATOMIC_RELAXED);
  struct mark mark = {.kind = TIDEMARK_RECORD_QUIESCE, .value = (int64_t)token};
  if (!tidemark_put(session, &mark)) return TIDEMARK_TIMED_OUT;
  return tidemark_wait(session, is_quiesced, &token, timeout_ms,
                       100 * NS_PER_MS);
}

static bool is_flushed(struct tidemark_segment* segment, void* unused) {
  (void)unused;
  for (uint32_t i = 0; i < TIDEMARK_LANES; ++i) {
    const struct tidemark_lane* lane = &segment->lanes[i];
    if (__atomic_load_n(&lane->published, __ATOMIC_ACQUIRE) !=
        __atomic_load_n(&lane->written, __ATOMIC_ACQUIRE)) {
      return false;
    }
  }
  return true;
}

enum tidemark_answer tidemark_flush(tidemark_session* session,
                                    uint32_t timeout_ms) {
  if (session == NULL) return TIDEMARK_NO_DAEMON;
  return tidemark_wait(session, is_flushed, NULL, timeout_ms, NS_PER_MS);
}
