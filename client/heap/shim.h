// Inside libtidemark-heap. Nothing here allocates, waits for a lock of others,
// or calls what might: it runs inside of malloc.
#ifndef TIDEMARK_CLIENT_HEAP_SHIM_H_
#define TIDEMARK_CLIENT_HEAP_SHIM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/heap/functions.h"
#include "client/heap/heap_channel.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define HIDDEN __attribute__((visibility("hidden")))
#define STATIC_TLS __attribute__((tls_model("initial-exec")))

// Which blocks may be sampled ones: a bit for 16 bytes of address, repeated
// every 64 MiB. What its bit denies is freed without a further look.
#define FILTER_BITS 22
#define FILTER_GRANULE 4
#define FILTER_WORDS (1u << (FILTER_BITS - 5))
#define STRIPES 256

struct stripe {
  uint32_t lock;
  uint32_t free_block;  // index + 1
  uint32_t pad[14];
};

enum { SHIM_NEW = 0, SHIM_STARTING = 1, SHIM_READY = 2 };

// All that a forked child must not inherit: the kernel hands it zeroes
// (MADV_WIPEONFORK), so it begins anew, whatever forked it.
struct shim_state {
  _Alignas(4096) uint32_t filter[FILTER_WORDS];  // whole pages, ours alone
  struct stripe stripes[STRIPES];
  uint32_t phase;
  uint32_t growing;  // lock: a stack or a row is added
  uint32_t next_block;
  uint32_t pad;
  int64_t next_try_ns;  // when to look for a daemon again
  struct tidemark_heap_segment* segment;
};
extern HIDDEN struct shim_state tidemark_heap_state;
static inline uint32_t* filter_word(uintptr_t address) {
  return &tidemark_heap_state
              .filter[(address >> (FILTER_GRANULE + 5)) & (FILTER_WORDS - 1)];
}
static inline uint32_t filter_bit(uintptr_t address) {
  return 1u << ((address >> FILTER_GRANULE) & 31);
}

// The caller of an allocation function, as the entry pushed it.
struct caller {
  uint64_t rbp;
  uint64_t rbx;
  uint64_t return_address;
  // and here its stack goes on
};

// entries.c: bytes until this thread's next sample; entries subtract from it.
extern HIDDEN _Thread_local int64_t tidemark_heap_left STATIC_TLS;

// real.c
typedef void* (*real_function)(uintptr_t, uintptr_t, uintptr_t);
extern HIDDEN real_function tidemark_heap_real[TIDEMARK_HEAP_FUNCTIONS];
HIDDEN void tidemark_heap_resolve(void);
// Whether programs that call malloc call another than ours.
HIDDEN bool tidemark_heap_is_bypassed(void);
// Blocks handed out while the real functions were looked for.
HIDDEN bool tidemark_heap_is_early(const void* block);
HIDDEN void* tidemark_heap_realloc_early(void* block, size_t size);
HIDDEN void tidemark_heap_mark_early(void);

// sampler.c: what the entries call when the countdown is over, or the filter
// does not deny a block.
HIDDEN void* tidemark_heap_allocated(uintptr_t a, uintptr_t b, uintptr_t c,
                                     const struct caller* caller,
                                     uint32_t function);
// Nonzero: nothing is to be freed.
HIDDEN int tidemark_heap_freed(void* block);

// estimate.c: gap and weight of byte sampling; random in (0, 1].
HIDDEN uint64_t tidemark_heap_gap(double random, uint64_t period);
HIDDEN uint64_t tidemark_heap_weight(uint64_t size, uint64_t period);

// link.c: keeps the daemon's address; the environment may change later.
HIDDEN void tidemark_heap_find_socket(void);
// Makes a segment and hands it to a daemon; NULL: none is there.
HIDDEN struct tidemark_heap_segment* tidemark_heap_connect(uint64_t period);

// sites.c: the row of a caller's stack in the phase that is on.
HIDDEN uint32_t tidemark_heap_row(struct tidemark_heap_segment* segment,
                                  const struct caller* caller);

// blocks.c: the sampled blocks alive. Put returns false when there is no room.
HIDDEN bool tidemark_heap_put_block(struct tidemark_heap_segment* segment,
                                    const struct tidemark_heap_block* block);
HIDDEN bool tidemark_heap_take_block(struct tidemark_heap_segment* segment,
                                     uintptr_t address,
                                     struct tidemark_heap_block* block);

// unwind.c: fills in the frames, returns their number.
HIDDEN uint16_t tidemark_heap_unwind(const struct caller* caller,
                                     uint64_t frames[TIDEMARK_HEAP_FRAMES],
                                     uint16_t* flags);

// frame_rows.c: how to leave a function at an address, from the unwind tables
// that it has in memory.
enum frame_rule {
  FRAME_UNKNOWN = 0,
  FRAME_RSP = 1,    // CFA = rsp + offset
  FRAME_RBP = 2,    // CFA = rbp + offset
  FRAME_RBX = 3,    // CFA = rbx + offset
  FRAME_DEREF = 4,  // CFA = *(rbp + offset): a realigned stack
  FRAME_END = 5     // nobody called this
};
struct frame_row {
  uint8_t rule;
  bool from_rbp;       // saved registers are told from rbp, not from the CFA
  int32_t cfa_offset;  // within 24 bits
  int32_t rbp_offset;  // where it is saved, within 18 bits; 0: not saved
  int32_t rbx_offset;
};
HIDDEN struct frame_row tidemark_heap_frame_row(uintptr_t address);
// Whether the address lies in a program or library that is loaded.
HIDDEN bool tidemark_heap_in_object(uintptr_t address);

static inline void lock_spin(uint32_t* lock) {
  while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE)) {
    while (__atomic_load_n(lock, __ATOMIC_RELAXED)) __builtin_ia32_pause();
  }
}
static inline void unlock_spin(uint32_t* lock) {
  __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

#endif  // TIDEMARK_CLIENT_HEAP_SHIM_H_
