// The heap segment: what libtidemark-heap (the shim) sampled of a process's
// allocations, one memfd per process, read by the daemon. C11 and C++; nothing
// but <stdint.h>.
//
//   offset     part                    written by
//           0  header                  the shim; `cohort` and below: the daemon
//        4096  stacks [16384] x 512 B  the shim, append-only
//     8392704  rows [65536] x 64 B     the shim: append-only, figures rise
//    12587008  ---- the daemon reads up to here, by pread(2)
//    12587008  the shim's own: indexes and the blocks alive
//    49811456  end
//
// It is sent over the client channel's socket (client/channel.h) with a HELLO
// whose flags say TIDEMARK_HELLO_HEAP, sealed as every segment is. The shim
// keeps neither the socket nor the memfd: a process that closes all its
// descriptors, or looks at them, finds nothing of ours. Whether it lives, the
// daemon asks the kernel.
//
// A stack is its return addresses; a row is a stack in a phase, with weighted
// sums over samples (unbiased estimates; exact when the period is 1). Figures
// of a row only rise: alive is what was allocated less what was freed. Both
// tables are dense: entries below a count, each complete when its `ready` is
// set. Nothing in them points anywhere but from a row to its stack.
//
// Who may trust what: the daemon trusts nothing here, copies, and judges the
// copy only. The shim takes the daemon's period only within its limits.
#ifndef TIDEMARK_CLIENT_HEAP_HEAP_CHANNEL_H_
#define TIDEMARK_CLIENT_HEAP_HEAP_CHANNEL_H_

#include <stdint.h>

#define TIDEMARK_HEAP_MAGIC UINT64_C(0x3150414548444954)  // "TIDHEAP1"
#define TIDEMARK_HEAP_MAJOR 1
#define TIDEMARK_HEAP_MINOR 0
#define TIDEMARK_HEAP_PERIOD_VARIABLE "TIDEMARK_HEAP_PERIOD"

enum {
  TIDEMARK_HEAP_STACKS = 16384,
  TIDEMARK_HEAP_ROWS = 65536,
  TIDEMARK_HEAP_FRAMES = 62,
  TIDEMARK_HEAP_COUNT_BITS = 8,  // counts of blocks are in 2^-8
  TIDEMARK_HEAP_EXACT = 1,       // the period that takes every block
  TIDEMARK_HEAP_DEFAULT_PERIOD = 512 << 10,
  TIDEMARK_HEAP_LARGEST_PERIOD = 1 << 30
};
// A row whose stack found no room.
#define TIDEMARK_HEAP_NO_STACK UINT32_MAX

enum tidemark_heap_stack_flags {
  TIDEMARK_HEAP_TRUNCATED = 1,     // its outer end is missing
  TIDEMARK_HEAP_FRAME_POINTER = 2  // a step by frame pointer
};

struct tidemark_heap_stack {
  uint64_t key;  // a hash of the frames, never 0
  uint32_t ready;
  uint16_t frames;
  uint16_t flags;
  uint64_t return_addresses[TIDEMARK_HEAP_FRAMES];  // innermost first
};

// What was freed lies before what was allocated: a reader that copies upwards
// never sees more freed than allocated.
struct tidemark_heap_row {
  uint32_t ready;
  uint32_t stack;   // index, or TIDEMARK_HEAP_NO_STACK
  uint32_t cohort;  // the phase's ordinal, 0 = none
  uint32_t reserved0;
  uint64_t freed_bytes;
  uint64_t freed_count;  // in 2^-TIDEMARK_HEAP_COUNT_BITS, as all counts
  uint64_t alloc_bytes;
  uint64_t alloc_count;
  uint64_t samples;
  uint64_t reserved1;
};

struct tidemark_heap_header {
  uint64_t magic;
  uint16_t major;
  uint16_t minor;
  uint32_t reserved0;
  uint64_t segment_bytes;
  uint64_t reserved1[5];

  // The shim.
  uint32_t stack_count;  // may exceed the table: that many were wanted
  uint32_t row_count;
  uint64_t period;       // bytes between two samples
  uint64_t alloc_bytes;  // asked for, sampled or not, told now and then
  uint32_t bypassed;     // 1: the program calls a malloc of its own
  uint32_t reserved5[3];
  uint64_t untracked;   // samples that found no room among the blocks alive
  uint64_t sites_full;  // samples whose stack or row found no room
  uint64_t nested;      // calls from a signal handler inside of the shim

  // The daemon.
  uint32_t cohort;
  uint32_t reserved2;
  uint64_t wanted_period;  // 0: the shim's own
  uint64_t reserved3[6];

  uint64_t reserved4[488];
};

struct tidemark_heap_block {
  uint64_t address;
  uint64_t bytes;  // that it stands for
  uint64_t count;
  uint32_t row;
  uint32_t next;  // index + 1
};

enum {
  TIDEMARK_HEAP_STACK_INDEX = 32768,
  TIDEMARK_HEAP_ROW_INDEX = 131072,
  TIDEMARK_HEAP_BUCKETS = 262144,
  TIDEMARK_HEAP_BLOCKS = 1048576
};

struct tidemark_heap_segment {
  struct tidemark_heap_header header;
  struct tidemark_heap_stack stacks[TIDEMARK_HEAP_STACKS];
  struct tidemark_heap_row rows[TIDEMARK_HEAP_ROWS];
  // The daemon's reading ends here.
  uint32_t stack_index[TIDEMARK_HEAP_STACK_INDEX];  // index + 1
  uint32_t row_index[TIDEMARK_HEAP_ROW_INDEX];
  uint32_t buckets[TIDEMARK_HEAP_BUCKETS];
  struct tidemark_heap_block blocks[TIDEMARK_HEAP_BLOCKS];
};

#define TIDEMARK_HEAP_SEGMENT_BYTES sizeof(struct tidemark_heap_segment)

#ifdef __cplusplus
#define TIDEMARK_HEAP_ASSERT static_assert
#else
#define TIDEMARK_HEAP_ASSERT _Static_assert
#endif
TIDEMARK_HEAP_ASSERT(sizeof(struct tidemark_heap_header) == 4096, "one page");
TIDEMARK_HEAP_ASSERT(sizeof(struct tidemark_heap_stack) == 512, "packed");
TIDEMARK_HEAP_ASSERT(sizeof(struct tidemark_heap_row) == 64, "a cache line");
TIDEMARK_HEAP_ASSERT(sizeof(struct tidemark_heap_block) == 32, "packed");
TIDEMARK_HEAP_ASSERT(__builtin_offsetof(struct tidemark_heap_segment, rows) ==
                         8392704,
                     "layout");
TIDEMARK_HEAP_ASSERT(__builtin_offsetof(struct tidemark_heap_segment,
                                        stack_index) == 12587008,
                     "layout");

#endif  // TIDEMARK_CLIENT_HEAP_HEAP_CHANNEL_H_
