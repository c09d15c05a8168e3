// The client channel: one shared-memory segment per client process, written by
// libtidemark, read by the daemon. C11 and C++; nothing but <stdint.h>.
//
//   offset     part                   written by
//           0  header                 the client once; heartbeat by the daemon
//        4096  lane heads [64]        one thread each; published: the daemon
//       20480  lane rings [64][1024]  one thread each
//     4214784  names [256]            the client, append-only
//     4251648  gauges [256]           any thread, one cache line each
//     4268032  stripes [64]           one thread each: 256 x 2 counters
//     4530176  histogram heads [64]   any thread
//     4534272  ---- the daemon maps up to here and reads the rest by pread: a
//              read through a mapping would allocate untouched pages
//     4534272  buckets [64][33792]    any thread, touched lazily
//    21835776  end (heap sites follow in a later minor version)
//
// The segment is a memfd of exactly that size, sealed against shrinking,
// growing and further seals. It is sent with HELLO over an AF_UNIX
// SOCK_SEQPACKET socket by SCM_RIGHTS; the socket then is only the life line.
// All integers little-endian; times are CLOCK_BOOTTIME nanoseconds of the
// client's own time namespace.
//
// A lane is a single-writer ring of 64-byte records. Positions count records
// from 0 and never wrap; position p lies in ring slot p % 1024 and its
// record carries sequence p + 1.
//
//   published <= written <= published + 1024
//
//   free      [written, published + 1024)   the client may fill these
//   committed [published, written)              the daemon may read these
//
// The client fills records, then commits with ONE release store of `written`:
// killed before it, they do not exist; after it, they are complete. The daemon
// moves `published` when what it read is safely in a recording, so a daemon
// that comes later or restarts finds every mark that is not. A full lane drops
// the new mark and counts it: marks made = marks received + dropped.
//
// Who may trust what: the daemon trusts nothing here. It keeps positions in
// private memory, copies, and judges the copy only.
#ifndef TIDEMARK_CLIENT_CHANNEL_H_
#define TIDEMARK_CLIENT_CHANNEL_H_

#include <stdint.h>

#define TIDEMARK_CHANNEL_MAGIC UINT64_C(0x314B52414D454454)  // "TDEMARK1"
#define TIDEMARK_CHANNEL_MAJOR 1
#define TIDEMARK_CHANNEL_MINOR 1  // 1: gates and notices
#define TIDEMARK_DEFAULT_SOCKET "/run/tidemark/client.sock"
#define TIDEMARK_SOCKET_VARIABLE "TIDEMARK_SOCKET"

// Limits. Lane 0 is shared by the threads that find no lane of their own.
enum {
  TIDEMARK_LANES = 64,
  TIDEMARK_LANE_RECORDS = 1024,
  TIDEMARK_NAMES = 256,
  TIDEMARK_NAME_BYTES = 128,
  TIDEMARK_HISTOGRAMS = 64,
  // Values below 2048 exactly, then 1024 buckets per power of two up to 2^42
  // (73 min in ns): core/base/histogram.h has the same rule.
  TIDEMARK_BUCKETS = 33792,
  TIDEMARK_BUCKET_PAGE = 512,  // buckets in one 4 KiB page
  TIDEMARK_TEXT_BYTES = 424,   // longest text of a mark, in bytes
  TIDEMARK_HEAD_TEXT = 32,     // of it in the first record
  TIDEMARK_TAIL_TEXT = 56,     // and in each further one
  TIDEMARK_MARK_RECORDS = 8,   // 32 + 7 * 56 = 424
  TIDEMARK_ALERTS = 12,        // kept for a client that has not asked yet
  TIDEMARK_ANSWERS = 8,        // to questions under way
  TIDEMARK_NOTICE_TEXT = 152,  // longer ones are cut
  // A daemon stamps its heartbeat at each drain; a client that sees it older
  // than this looks for a daemon again, at most once per retry period.
  TIDEMARK_STALE_MS = 2000,
  TIDEMARK_RETRY_MS = 1000,
  // The period while a daemon listens but its queue of connections is full
  // (EAGAIN of connect(2)): somebody floods it, and places come and go.
  TIDEMARK_BUSY_RETRY_MS = 20
};

// Record kinds 1..8 equal EventKind in core/model/event.h.
enum tidemark_record_kind {
  TIDEMARK_RECORD_NONE = 0,
  TIDEMARK_RECORD_RUN_BEGIN = 1,    // text: name
  TIDEMARK_RECORD_RUN_END = 2,      // value: 0 ok, 1 failed, 2 aborted
  TIDEMARK_RECORD_PHASE_BEGIN = 3,  // text: name; value: handle; phase_kind
  TIDEMARK_RECORD_PHASE_END = 4,    // value: handle, or 0 and text: name
  TIDEMARK_RECORD_NOTE = 5,         // text
  TIDEMARK_RECORD_SNAPSHOT = 6,     // text: name
  TIDEMARK_RECORD_QUIESCE = 7,      // value: token, answered in quiesced
  TIDEMARK_RECORD_ATTRIBUTE = 8,    // text: KEY=VALUE; value: phase, 0 = run
  TIDEMARK_RECORD_GATE = 9,         // text: a gate; value: token; not recorded
  TIDEMARK_RECORD_TEXT = 255        // continues the text of the record before
};

struct tidemark_record {
  uint64_t sequence;  // position + 1
  uint64_t time_ns;
  int64_t value;
  uint32_t thread;  // gettid() as the client sees it
  uint8_t kind;     // enum tidemark_record_kind
  uint8_t phase_kind;
  uint16_t length;  // of the whole text, at most TIDEMARK_TEXT_BYTES
  char text[TIDEMARK_HEAD_TEXT];
};

// Follows a record whose length exceeds TIDEMARK_HEAD_TEXT; committed with it.
struct tidemark_text_record {
  uint64_t sequence;
  char text[TIDEMARK_TAIL_TEXT];
};

struct tidemark_lane {
  // Client: the thread that owns it, 0 = free; claimed by compare-and-swap.
  uint32_t owner;
  uint32_t reserved0[15];
  // Client, release.
  uint64_t written;
  uint64_t dropped;  // marks that found the lane full, or came nested
  uint64_t reserved1[6];
  // Daemon, release.
  uint64_t published;
  uint64_t reserved2[7];
  uint64_t reserved3[8];
};

enum tidemark_name_kind {
  TIDEMARK_NAME_OP = 1,       // counters: done, errors
  TIDEMARK_NAME_COUNTER = 2,  // counters: value, -
  TIDEMARK_NAME_GAUGE = 3,    // the gauge of the same index
  TIDEMARK_NAME_SPAN = 4      // counters: sum of ns, errors; a histogram
};

// Complete when name_count (release) covers it; never changed after.
struct tidemark_name {
  uint8_t kind;        // enum tidemark_name_kind
  uint8_t length;      // 1..TIDEMARK_NAME_BYTES
  uint16_t histogram;  // spans: which one
  uint32_t reserved;
  char text[TIDEMARK_NAME_BYTES];  // raw bytes, no terminator
};

struct tidemark_gauge_slot {
  uint64_t set;   // 0 until first set: absent, not zero
  uint64_t bits;  // an IEEE double
  uint64_t reserved[6];
};

// What one lane's threads counted, by name index.
struct tidemark_stripe {
  uint64_t counters[TIDEMARK_NAMES][2];
};

struct tidemark_histogram_head {
  uint64_t max;         // largest value so far, exact
  uint64_t touched[2];  // bit i: page i of the buckets may hold counts
  uint64_t reserved[5];
};

// What the daemon tells a client: an alert, or the answer to a gate question.
// Number n lies in slot n % (slots). Complete when `sequence` is n + 1, before
// and after it was copied; the daemon overwrites the oldest and never waits.
struct tidemark_notice {
  uint64_t sequence;
  uint64_t token;    // of the question
  uint64_t time_ns;  // the client's clock
  uint64_t bits;     // an IEEE double, NaN = no value
  uint8_t status;    // enum tidemark_gate_status
  uint8_t length;    // of the text
  uint8_t reserved[6];
  char text[TIDEMARK_NOTICE_TEXT];  // the alert's name, the answer's reason
};

struct tidemark_header {
  uint64_t magic;
  uint16_t major;
  uint16_t minor;
  uint32_t reserved0;
  uint64_t segment_bytes;
  uint64_t reserved1[5];

  // Client.
  uint32_t name_count;  // release
  uint32_t lanes_used;  // highest lane index ever claimed, plus one
  uint32_t primary;     // name index + 1 of the primary op, 0 = the first op
  uint32_t reserved2;
  uint64_t nested;  // marks dropped because they came inside another mark
  uint64_t reserved3[5];

  // Daemon.
  uint64_t heartbeat_ns;   // the client's clock at the last drain, 0 = never
  uint64_t quiesced;       // last quiesce token acknowledged
  uint32_t quiesced_wake;  // futex word: changes with quiesced and notices
  uint32_t reserved4;
  uint64_t reserved5[5];

  // Daemon, release; since minor version 1.
  uint64_t alerts_written;
  uint64_t answers_written;
  uint64_t reserved6[6];
  struct tidemark_notice alerts[TIDEMARK_ALERTS];
  struct tidemark_notice answers[TIDEMARK_ANSWERS];
};

struct tidemark_segment {
  struct tidemark_header header;
  struct tidemark_lane lanes[TIDEMARK_LANES];
  struct tidemark_record rings[TIDEMARK_LANES][TIDEMARK_LANE_RECORDS];
  struct tidemark_name names[TIDEMARK_NAMES];
  uint8_t pad0[4096 - (TIDEMARK_NAMES * 136) % 4096];
  struct tidemark_gauge_slot gauges[TIDEMARK_NAMES];
  struct tidemark_stripe stripes[TIDEMARK_LANES];
  struct tidemark_histogram_head heads[TIDEMARK_HISTOGRAMS];
  // The daemon's mapping ends here.
  uint64_t buckets[TIDEMARK_HISTOGRAMS][TIDEMARK_BUCKETS];
};

#define TIDEMARK_SEGMENT_BYTES sizeof(struct tidemark_segment)
#define TIDEMARK_MAPPED_BYTES \
  __builtin_offsetof(struct tidemark_segment, buckets)

// The first packet on the socket, with the segment's descriptor.
enum {
  TIDEMARK_HELLO_DETACHED = 1,  // its phases outlive it: the "shell"
  TIDEMARK_HELLO_HEAP = 2       // the segment is heap/heap_channel.h's
};
struct tidemark_hello {
  uint64_t magic;
  uint16_t major;
  uint16_t minor;
  uint32_t flags;
  uint64_t segment_bytes;
  uint8_t name_length;  // of name, at most TIDEMARK_NAME_BYTES - 1
  uint8_t reserved[7];
  char name[TIDEMARK_NAME_BYTES];
};

// The only other packet: the client ends well. Without it, it died.
struct tidemark_goodbye {
  uint64_t magic;
};

#ifdef __cplusplus
#define TIDEMARK_STATIC_ASSERT static_assert
#else
#define TIDEMARK_STATIC_ASSERT _Static_assert
#endif
TIDEMARK_STATIC_ASSERT(sizeof(struct tidemark_record) == 64, "one cache line");
TIDEMARK_STATIC_ASSERT(sizeof(struct tidemark_text_record) == 64,
                       "as a record");
TIDEMARK_STATIC_ASSERT(sizeof(struct tidemark_lane) == 256, "no false sharing");
TIDEMARK_STATIC_ASSERT(sizeof(struct tidemark_name) == 136, "packed");
TIDEMARK_STATIC_ASSERT(sizeof(struct tidemark_gauge_slot) == 64, "one line");
TIDEMARK_STATIC_ASSERT(sizeof(struct tidemark_stripe) == 4096, "one page");
TIDEMARK_STATIC_ASSERT(sizeof(struct tidemark_histogram_head) == 64, "a line");
TIDEMARK_STATIC_ASSERT(sizeof(struct tidemark_notice) == 192, "whole lines");
TIDEMARK_STATIC_ASSERT(sizeof(struct tidemark_header) == 4096, "one page");
TIDEMARK_STATIC_ASSERT(sizeof(struct tidemark_hello) == 160, "fixed");
TIDEMARK_STATIC_ASSERT(TIDEMARK_HEAD_TEXT + (TIDEMARK_MARK_RECORDS - 1) *
                                                TIDEMARK_TAIL_TEXT ==
                           TIDEMARK_TEXT_BYTES,
                       "the longest mark");
TIDEMARK_STATIC_ASSERT(TIDEMARK_BUCKETS % TIDEMARK_BUCKET_PAGE == 0 &&
                           TIDEMARK_BUCKETS / TIDEMARK_BUCKET_PAGE <= 128,
                       "touched[] has a bit per page");
TIDEMARK_STATIC_ASSERT(__builtin_offsetof(struct tidemark_segment, lanes) ==
                           4096,
                       "layout");
TIDEMARK_STATIC_ASSERT(__builtin_offsetof(struct tidemark_segment, rings) ==
                           20480,
                       "layout");
TIDEMARK_STATIC_ASSERT(__builtin_offsetof(struct tidemark_segment, names) ==
                           20480 + 64 * 65536,
                       "layout");
TIDEMARK_STATIC_ASSERT(__builtin_offsetof(struct tidemark_segment, gauges) ==
                           4251648,
                       "layout");
TIDEMARK_STATIC_ASSERT(__builtin_offsetof(struct tidemark_segment, stripes) ==
                           4268032,
                       "a stripe is a page");
TIDEMARK_STATIC_ASSERT(__builtin_offsetof(struct tidemark_segment, heads) ==
                           4530176,
                       "layout");
TIDEMARK_STATIC_ASSERT(__builtin_offsetof(struct tidemark_segment, buckets) ==
                           4534272,
                       "the mapping ends on a page");
TIDEMARK_STATIC_ASSERT(sizeof(struct tidemark_segment) == 21835776, "layout");

#endif  // TIDEMARK_CLIENT_CHANNEL_H_
