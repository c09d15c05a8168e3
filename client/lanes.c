// Which thread writes which lane: claimed at a thread's first use, given back
// when it ends; threads beyond the 63rd share lane 0.
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/session.h"

_Thread_local struct thread_state tidemark_this_thread
    __attribute__((tls_model("initial-exec")));

static pthread_key_t thread_key;
static bool thread_key_made;

static void release_lane(void* unused) {
  (void)unused;
  struct thread_state* thread = &tidemark_this_thread;
  if (thread->lane != NULL && thread->index != 0) {
    __atomic_store_n(&thread->lane->owner, 0, __ATOMIC_RELEASE);
    __atomic_add_fetch(&tidemark_the_session.freed, 1, __ATOMIC_RELAXED);
  }
  memset(thread, 0, sizeof *thread);
}

void tidemark_lanes_init(void) {
  // Early, so that it is one of the keys whose values need no allocation.
  thread_key_made = pthread_key_create(&thread_key, release_lane) == 0;
}

void tidemark_lanes_end(void) {
  if (thread_key_made) pthread_key_delete(thread_key);
  thread_key_made = false;
}

// A metric defined while the segment was being made: whoever comes second of
// the two sees the other's store and writes the name.
static void catch_up(struct tidemark_session* session,
                     struct tidemark_segment* segment) {
  const uint32_t count =
      __atomic_load_n(&session->metric_count, __ATOMIC_SEQ_CST);
  for (uint32_t i = segment->header.name_count; i < count; ++i) {
    tidemark_segment_name(session, segment, i);
  }
}

struct tidemark_segment* tidemark_segment_get(
    struct tidemark_session* session) {
  struct tidemark_segment* segment =
      __atomic_load_n(&session->segment, __ATOMIC_ACQUIRE);
  if (segment != NULL) return segment;
  if (!__atomic_load_n(&session->forked, __ATOMIC_RELAXED)) return NULL;
  if (__atomic_exchange_n(&session->creating, 1, __ATOMIC_ACQUIRE)) {
    return NULL;
  }
  const int saved = errno;
  segment = __atomic_load_n(&session->segment, __ATOMIC_ACQUIRE);
  if (segment == NULL) {
    segment = tidemark_segment_create(session);
    __atomic_store_n(&session->segment, segment, __ATOMIC_SEQ_CST);
    if (segment != NULL) {
      catch_up(session, segment);
      tidemark_link_connect(session, now_ns());
    }
  }
  // Tried once: a child that may not have memory stays silent.
  __atomic_store_n(&session->forked, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&session->creating, 0, __ATOMIC_RELEASE);
  errno = saved;
  return segment;
}

static void raise_lanes_used(struct tidemark_segment* segment, uint32_t used) {
  uint32_t seen =
      __atomic_load_n(&segment->header.lanes_used, __ATOMIC_RELAXED);
  while (seen < used && !__atomic_compare_exchange_n(
                            &segment->header.lanes_used, &seen, used, true,
                            __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
  }
}

// Page faults belong here, not into a mark: touches the pages, changes nothing.
static void touch(struct tidemark_segment* segment, uint32_t index) {
  char* ring = (char*)segment->rings[index];
  for (size_t at = 0; at < sizeof segment->rings[index]; at += 4096) {
    __atomic_fetch_or(ring + at, 0, __ATOMIC_RELAXED);
  }
  __atomic_fetch_or(&segment->stripes[index].counters[0][0], 0,
                    __ATOMIC_RELAXED);
}

static uint32_t find_lane(struct tidemark_segment* segment, uint32_t id) {
  for (uint32_t i = 1; i < TIDEMARK_LANES; ++i) {
    uint32_t free_owner = 0;
    if (__atomic_load_n(&segment->lanes[i].owner, __ATOMIC_RELAXED) == 0 &&
        __atomic_compare_exchange_n(&segment->lanes[i].owner, &free_owner, id,
                                    false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED)) {
      return i;
    }
  }
  return 0;
}

static bool claim(struct tidemark_session* session,
                  struct thread_state* thread) {
  struct tidemark_segment* segment = tidemark_segment_get(session);
  if (segment == NULL) return false;
  if (thread->id == 0) thread->id = (uint32_t)syscall(SYS_gettid);
  thread->freed = __atomic_load_n(&session->freed, __ATOMIC_RELAXED);
  const uint32_t index = find_lane(segment, thread->id);
  if (index != 0 &&
      (!thread_key_made || pthread_setspecific(thread_key, thread) != 0)) {
    // Nobody would give the lane back.
    __atomic_store_n(&segment->lanes[index].owner, 0, __ATOMIC_RELEASE);
    return false;
  }
  raise_lanes_used(segment, index + 1);
  if (index != 0) touch(segment, index);
  thread->index = index;
  thread->lane = &segment->lanes[index];
  thread->ring = segment->rings[index];
  // Plain increments need a stripe of one's own.
  if (index != 0) thread->stripe = &segment->stripes[index];
  return true;
}

// A thread that is cancelled amid this would keep its lane for ever.
bool tidemark_claim(struct tidemark_session* session,
                    struct thread_state* thread) {
  const int cancellation = tidemark_hold_cancellation();
  const bool claimed = claim(session, thread);
  tidemark_release_cancellation(cancellation);
  return claimed;
}
