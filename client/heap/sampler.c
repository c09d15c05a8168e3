// When a sample is due, and what is noted of it.
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "client/heap/shim.h"

struct shim_state tidemark_heap_state;

// Sizes above are no memory: every allocator refuses them.
#define LARGEST_SIZE ((uint64_t)1 << 47)
#define RETRY_NS INT64_C(1000000000)
// Without a daemon a thread looks again after so many bytes.
#define IDLE_GAP (1 << 20)
// Bytes asked for are told in steps of so many.
#define TELL_BYTES (64 << 10)

struct thread {
  int64_t given;    // to the countdown, last time
  uint64_t untold;  // bytes that it counted down since they were told
  uint64_t random;  // 0: not seeded yet
  uint64_t period;  // of the gap that runs
  bool busy;
};
static _Thread_local struct thread this_thread STATIC_TLS;

// Not before the C library knows the environment.
static uint64_t own_period(void) {
  static uint64_t known;
  if (LIKELY(known != 0)) return known;
  if (environ == NULL) return 0;
  tidemark_heap_find_socket();
  const char* text = secure_getenv(TIDEMARK_HEAP_PERIOD_VARIABLE);
  uint64_t period = 0;
  for (; text != NULL && *text >= '0' && *text <= '9'; ++text) {
    period = period * 10 + (uint64_t)(*text - '0');
    if (period > TIDEMARK_HEAP_LARGEST_PERIOD) break;
  }
  if (period < 1 || period > TIDEMARK_HEAP_LARGEST_PERIOD) {
    period = TIDEMARK_HEAP_DEFAULT_PERIOD;
  }
  known = period;
  return period;
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fork_in_child(void) {
  // Not the parent's countdown nor its dice.
  tidemark_heap_left = 0;
  this_thread = (struct thread){0};
  tidemark_heap_mark_early();
}

static struct tidemark_heap_segment* start(uint64_t period) {
  struct shim_state* state = &tidemark_heap_state;
  uint32_t expected = SHIM_NEW;
  if (!__atomic_compare_exchange_n(&state->phase, &expected, SHIM_STARTING,
                                   false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
    return NULL;
  }
  struct tidemark_heap_segment* segment = NULL;
  const int64_t now = now_ns();
  if (now >= state->next_try_ns) {
    state->next_try_ns = now + RETRY_NS;
    // Without it (before Linux 4.14) a child would take its parent's state for
    // its own.
    if (madvise(state, sizeof *state, MADV_WIPEONFORK) == 0) {
      segment = tidemark_heap_connect(period);
    }
    state->segment = segment;
  }
  __atomic_store_n(&state->phase, segment != NULL ? SHIM_READY : SHIM_NEW,
                   __ATOMIC_RELEASE);
  return segment;
}

__attribute__((constructor)) static void begin(void) {
  tidemark_heap_resolve();
  pthread_atfork(NULL, NULL, fork_in_child);
  if (!tidemark_heap_is_bypassed()) return;
  // No call will ever get here: at least that is told.
  struct tidemark_heap_segment* segment = start(own_period());
  if (segment != NULL) segment->header.bypassed = 1;
}

static struct tidemark_heap_segment* segment_of(void) {
  const struct shim_state* state = &tidemark_heap_state;
  const uint32_t phase = __atomic_load_n(&state->phase, __ATOMIC_ACQUIRE);
  return LIKELY(phase == SHIM_READY) ? state->segment : NULL;
}

static double random_of(struct thread* thread) {
  if (UNLIKELY(thread->random == 0)) {
    const uint64_t* seed = (const uint64_t*)getauxval(AT_RANDOM);
    thread->random = (seed != NULL ? *seed : 0) ^ (uint64_t)now_ns() ^
                     ((uint64_t)(uintptr_t)thread << 20);
  }
  // splitmix64
  uint64_t z = thread->random += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  z ^= z >> 31;
  return (double)((z >> 11) + 1) * 0x1p-53;
}

static void give(struct thread* thread, uint64_t bytes) {
  thread->given = (int64_t)bytes;
  tidemark_heap_left = (int64_t)bytes;
}

static void refill(struct thread* thread, struct tidemark_heap_segment* segment,
                   uint64_t period) {
  const uint64_t wanted =
      __atomic_load_n(&segment->header.wanted_period, __ATOMIC_RELAXED);
  if (UNLIKELY(wanted != 0 && wanted <= TIDEMARK_HEAP_LARGEST_PERIOD)) {
    period = wanted;
  }
  thread->untold += (uint64_t)(thread->given - tidemark_heap_left);
  if (thread->untold >= TELL_BYTES) {
    __atomic_fetch_add(&segment->header.alloc_bytes, thread->untold,
                       __ATOMIC_RELAXED);
    thread->untold = 0;
  }
  thread->period = period;
  give(thread, period == TIDEMARK_HEAP_EXACT
                   ? 0
                   : tidemark_heap_gap(random_of(thread), period));
}

static void note(struct tidemark_heap_segment* segment, uintptr_t address,
                 uint64_t size, uint64_t period, const struct caller* caller) {
  struct tidemark_heap_block block = {.address = address};
  block.row = tidemark_heap_row(segment, caller);
  block.bytes = tidemark_heap_weight(size, period);
  block.count = size == 0 ? 1u << TIDEMARK_HEAP_COUNT_BITS
                          : (block.bytes << TIDEMARK_HEAP_COUNT_BITS) / size;
  // Counted before it is there to be freed.
  struct tidemark_heap_row* row = &segment->rows[block.row];
  __atomic_fetch_add(&row->alloc_bytes, block.bytes, __ATOMIC_RELAXED);
  __atomic_fetch_add(&row->alloc_count, block.count, __ATOMIC_RELAXED);
  __atomic_fetch_add(&row->samples, 1, __ATOMIC_RELAXED);
  if (LIKELY(tidemark_heap_put_block(segment, &block))) return;
  __atomic_fetch_add(&row->freed_bytes, block.bytes, __ATOMIC_RELAXED);
  __atomic_fetch_add(&row->freed_count, block.count, __ATOMIC_RELAXED);
  __atomic_fetch_add(&segment->header.untracked, 1, __ATOMIC_RELAXED);
}

static void note_freed(struct tidemark_heap_segment* segment,
                       const struct tidemark_heap_block* block) {
  struct tidemark_heap_row* row = &segment->rows[block->row];
  __atomic_fetch_add(&row->freed_bytes, block->bytes, __ATOMIC_RELAXED);
  __atomic_fetch_add(&row->freed_count, block->count, __ATOMIC_RELAXED);
}

// A new thread's countdown begins anywhere: its first block is no likelier to
// be sampled than others. Whether this block is due.
static bool begin_thread(struct thread* thread, uint64_t period) {
  thread->period = period;
  if (period == TIDEMARK_HEAP_EXACT) return true;
  const uint64_t gap = tidemark_heap_gap(random_of(thread), period);
  thread->given = (int64_t)gap;
  tidemark_heap_left += (int64_t)gap;
  return tidemark_heap_left <= 0;
}

// Nobody to tell: the countdown goes on without samples.
static void idle(struct thread* thread, uint64_t period) {
  if (period == 0) {  // too early to know anything
    give(thread, 0);
    return;
  }
  give(thread, IDLE_GAP);
  thread->period = 0;
}

static void sample(struct thread* thread, uintptr_t address, uint64_t size,
                   const struct caller* caller) {
  const uint64_t period = own_period();
  struct tidemark_heap_segment* segment = segment_of();
  if (UNLIKELY(segment == NULL && period != 0)) segment = start(period);
  if (UNLIKELY(segment == NULL)) {
    idle(thread, period);
    return;
  }
  if (UNLIKELY(thread->period == 0) && !begin_thread(thread, period)) return;
  const uint64_t sampled_with = thread->period;
  refill(thread, segment, period);
  if (address != 0) note(segment, address, size, sampled_with, caller);
}

static uint64_t size_of(uint32_t function, uintptr_t a, uintptr_t b,
                        uintptr_t c) {
  switch (function) {
    case TIDEMARK_HEAP_CALLOC: return a * b;
    case TIDEMARK_HEAP_REALLOC:
    case TIDEMARK_HEAP_MEMALIGN:
    case TIDEMARK_HEAP_ALIGNED_ALLOC: return b;
    case TIDEMARK_HEAP_POSIX_MEMALIGN: return c;
    default: return a;
  }
}

// The block that a call returned, 0: none.
static uintptr_t block_of(uint32_t function, uintptr_t a, const void* result) {
  if (function != TIDEMARK_HEAP_POSIX_MEMALIGN) return (uintptr_t)result;
  return (uint32_t)(uintptr_t)result == 0 ? *(const uintptr_t*)a : 0;
}

static void allocated(uintptr_t address, uint64_t size,
                      const struct caller* caller) {
  struct thread* thread = &this_thread;
  if (UNLIKELY(size > LARGEST_SIZE)) {
    tidemark_heap_left += (int64_t)size;
    return;
  }
  if (tidemark_heap_left > 0) return;  // a realloc of a sampled block
  if (UNLIKELY(thread->busy)) {
    struct tidemark_heap_segment* segment = segment_of();
    if (segment == NULL) return;
    __atomic_fetch_add(&segment->header.nested, 1, __ATOMIC_RELAXED);
    return;
  }
  const int saved = errno;
  thread->busy = true;
  sample(thread, address, size, caller);
  thread->busy = false;
  errno = saved;
}

static bool take(uintptr_t address, struct tidemark_heap_block* block) {
  struct thread* thread = &this_thread;
  struct tidemark_heap_segment* segment = segment_of();
  if (segment == NULL) return false;
  if (UNLIKELY(thread->busy)) {
    __atomic_fetch_add(&segment->header.nested, 1, __ATOMIC_RELAXED);
    return false;
  }
  thread->busy = true;
  const bool found = tidemark_heap_take_block(segment, address, block);
  thread->busy = false;
  return found;
}

// The old block leaves before its address can be somebody else's, and comes
// back if the call fails.
static void* reallocated(uintptr_t old, uintptr_t size,
                         const struct caller* caller) {
  if (UNLIKELY(tidemark_heap_is_early((void*)old))) {
    return tidemark_heap_realloc_early((void*)old, size);
  }
  struct tidemark_heap_block block;
  const bool known = old != 0 && take(old, &block);
  void* result = tidemark_heap_real[TIDEMARK_HEAP_REALLOC](old, size, 0);
  if (known) {
    struct tidemark_heap_segment* segment = tidemark_heap_state.segment;
    this_thread.busy = true;
    if (result != NULL || size == 0 ||
        !tidemark_heap_put_block(segment, &block)) {
      note_freed(segment, &block);
    }
    this_thread.busy = false;
  }
  allocated((uintptr_t)result, size, caller);
  return result;
}

void* tidemark_heap_allocated(uintptr_t a, uintptr_t b, uintptr_t c,
                              const struct caller* caller, uint32_t function) {
  if (function == TIDEMARK_HEAP_REALLOC) return reallocated(a, b, caller);
  void* result = tidemark_heap_real[function](a, b, c);
  allocated(block_of(function, a, result), size_of(function, a, b, c), caller);
  return result;
}

int tidemark_heap_freed(void* block) {
  if (UNLIKELY(tidemark_heap_is_early(block))) return 1;
  struct tidemark_heap_block known;
  if (take((uintptr_t)block, &known)) {
    note_freed(tidemark_heap_state.segment, &known);
  }
  return 0;
}
