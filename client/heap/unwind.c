// The callers of an allocation: by unwind tables, each address's row worked
// out once and kept; by frame pointer where there is none. Reads nothing of
// the stack that it has not found readable.
#include <string.h>
#include <sys/syscall.h>

#include "client/heap/shim.h"

// Kept rows: one word each, with the address in a second one that is xored
// with the first, so that a torn pair matches no address.
enum { CACHE = 1 << 14, WAYS = 4 };
struct kept_row {
  uint64_t check;
  uint64_t row;
};
static struct kept_row cache[CACHE];

#define FIELD(value, bits, shift) \
  (((uint64_t)(value) & ((UINT64_C(1) << (bits)) - 1)) << (shift))

static uint64_t pack(const struct frame_row* row) {
  // The top bits keep a packed row from ever being 0.
  return FIELD(row->rule + 1, 3, 0) | FIELD(row->cfa_offset, 24, 3) |
         FIELD(row->rbp_offset, 18, 27) | FIELD(row->rbx_offset, 18, 45) |
         FIELD(row->from_rbp, 1, 63);
}
static int64_t signed_field(uint64_t word, unsigned bits, unsigned shift) {
  return (int64_t)(word << (64 - bits - shift)) >> (64 - bits);
}

static uint64_t row_at(uintptr_t address) {
  const uint64_t hash = address * UINT64_C(0x9E3779B97F4A7C15);
  struct kept_row* set = &cache[(hash >> 50) & ~(uint64_t)(WAYS - 1)];
  for (int i = 0; i < WAYS; ++i) {
    const uint64_t row = __atomic_load_n(&set[i].row, __ATOMIC_RELAXED);
    const uint64_t check = __atomic_load_n(&set[i].check, __ATOMIC_RELAXED);
    if ((row ^ check) == address && row != 0) return row;
  }
  const struct frame_row found = tidemark_heap_frame_row(address);
  const uint64_t row = pack(&found);
  struct kept_row* place = &set[(hash >> 40) % WAYS];
  for (int i = 0; i < WAYS; ++i) {
    if (__atomic_load_n(&set[i].row, __ATOMIC_RELAXED) == 0) place = &set[i];
  }
  __atomic_store_n(&place->row, row, __ATOMIC_RELAXED);
  __atomic_store_n(&place->check, row ^ address, __ATOMIC_RELAXED);
  return row;
}
_Static_assert(CACHE == 1 << (64 - 50), "row_at");

// What is known to be readable.
struct window {
  uintptr_t begin, end;
};
#define PAGE ((uintptr_t)4096)

// The kernel reads the set before it refuses the way to apply it.
static bool is_readable(uintptr_t page) {
  long result = 0;
  register long size __asm__("r10") = 8;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(SYS_rt_sigprocmask), "D"(-1L), "S"(page), "d"(0L),
                     "r"(size)
                   : "rcx", "r11", "memory");
  return result == -22;  // EINVAL, not EFAULT
}

static bool read_word(struct window* known, uintptr_t at, uint64_t* value) {
  if (UNLIKELY(at - known->begin >= known->end - known->begin)) {
    const uintptr_t page = at & ~(PAGE - 1);
    if ((at & 7) != 0 || !is_readable(page)) return false;
    if (page != known->end) known->begin = page;
    known->end = page + PAGE;
  } else if (UNLIKELY((at & 7) != 0)) {
    return false;
  }
  *value = *(const volatile uint64_t*)at;
  return true;
}

struct cursor {
  uint64_t pc, sp, rbp, rbx;
  struct window known;
};

static bool restore_saved(struct cursor* at, uint64_t row, uint64_t cfa) {
  const int64_t rbp_offset = signed_field(row, 18, 27);
  const int64_t rbx_offset = signed_field(row, 18, 45);
  const uint64_t base = row >> 63 != 0 ? at->rbp : cfa;
  if (rbx_offset != 0 &&
      !read_word(&at->known, base + (uint64_t)(rbx_offset & ~INT64_C(1)),
                 &at->rbx)) {
    return false;
  }
  return rbp_offset == 0 ||
         read_word(&at->known, base + (uint64_t)(rbp_offset & ~INT64_C(1)),
                   &at->rbp);
}

// To the caller, by the frame pointer: the function may have one.
static bool step_by_pointer(struct cursor* at) {
  const uint64_t rbp = at->rbp;
  if (rbp < at->sp || rbp - at->sp > (1u << 20)) return false;
  uint64_t pc = 0;
  uint64_t caller_rbp = 0;
  if (!read_word(&at->known, rbp, &caller_rbp) ||
      !read_word(&at->known, rbp + 8, &pc) || pc < PAGE) {
    return false;
  }
  // Out of loaded code only where this one is generated code, too.
  if (!tidemark_heap_in_object(pc) && tidemark_heap_in_object(at->pc)) {
    return false;
  }
  at->pc = pc;
  at->rbp = caller_rbp;
  at->sp = rbp + 16;
  return true;
}

static bool cfa_of(struct cursor* at, uint64_t row, uint64_t* cfa) {
  const uint64_t offset = (uint64_t)signed_field(row, 24, 3);
  switch ((row & 7) - 1) {
    case FRAME_RSP: *cfa = at->sp + offset; return true;
    case FRAME_RBP: *cfa = at->rbp + offset; return true;
    case FRAME_RBX: *cfa = at->rbx + offset; return true;
    case FRAME_DEREF: return read_word(&at->known, at->rbp + offset, cfa);
    default: return false;
  }
}

enum step { STEPPED, BY_POINTER, ENDED, LOST };

static enum step step(struct cursor* at, uint64_t* cfa) {
  const uint64_t row = row_at(at->pc - 1);
  if ((row & 7) - 1 == FRAME_END) return ENDED;
  if ((row & 7) - 1 == FRAME_UNKNOWN) {
    return step_by_pointer(at) ? BY_POINTER : LOST;
  }
  uint64_t pc = 0;
  if (!cfa_of(at, row, cfa) || *cfa <= at->sp ||
      !read_word(&at->known, *cfa - 8, &pc) || !restore_saved(at, row, *cfa)) {
    return LOST;
  }
  if (pc < PAGE) return ENDED;
  at->pc = pc;
  at->sp = *cfa;
  return STEPPED;
}

// The stack of this thread's last sample. Its outer part mostly is that of the
// next one too: then a comparison takes the place of a step.
struct walked {
  uint64_t pc, sp, rbp, rbx;
  uint64_t rbp_at, rbx_at;  // where the step read them, 0: it did not
};
struct trail {
  uint32_t count;
  uint16_t flags;
  struct walked frames[TIDEMARK_HEAP_FRAMES];
};
static _Thread_local struct trail trail STATIC_TLS;

static uint64_t word_at(uint64_t address) {
  return *(const volatile uint64_t*)address;
}

// Whether all that the steps from here outwards read is still what it was. The
// place of each word follows from what was compared before it, so it is stack
// as it was then.
static bool is_same(const struct walked* frame, const struct walked* end) {
  for (; frame + 1 < end; ++frame) {
    const struct walked* next = frame + 1;
    if (word_at(next->sp - 8) != next->pc) return false;
    if (next->rbp_at != 0 && word_at(next->rbp_at) != next->rbp) return false;
    if (next->rbx_at != 0 && word_at(next->rbx_at) != next->rbx) return false;
  }
  return true;
}

// The place in the old trail where it meets the new one, NULL: nowhere yet.
static const struct walked* meet(const struct cursor* at, uint32_t* next) {
  while (*next < trail.count && trail.frames[*next].sp < at->sp) ++*next;
  if (*next >= trail.count) return NULL;
  const struct walked* frame = &trail.frames[*next];
  const bool equal = frame->sp == at->sp && frame->pc == at->pc &&
                     frame->rbp == at->rbp && frame->rbx == at->rbx;
  if (!equal) return NULL;
  if (is_same(frame, trail.frames + trail.count)) return frame;
  *next = trail.count;
  return NULL;
}

static struct walked walked_of(const struct cursor* at) {
  return (struct walked){at->pc, at->sp, at->rbp, at->rbx, 0, 0};
}

// A step, and what it read. A guess by the frame pointer is not to be relied
// on again: then the trail is no use.
static enum step walk(struct cursor* at, struct walked* to, bool* usable) {
  const uint64_t row = row_at(at->pc - 1);
  const uint64_t rbp = at->rbp;
  uint64_t cfa = 0;
  const enum step done = step(at, &cfa);
  *usable = *usable && done != BY_POINTER && (row & 7) - 1 != FRAME_DEREF;
  const uint64_t base = row >> 63 != 0 ? rbp : cfa;
  const int64_t rbp_offset = signed_field(row, 18, 27);
  const int64_t rbx_offset = signed_field(row, 18, 45);
  *to = walked_of(at);
  if (rbp_offset != 0) to->rbp_at = base + (uint64_t)(rbp_offset & ~INT64_C(1));
  if (rbx_offset != 0) to->rbx_at = base + (uint64_t)(rbx_offset & ~INT64_C(1));
  return done;
}

// Keeps `fresh` new frames in front of those of the old trail from `old` on.
static void keep_trail(const struct walked* frames, uint32_t fresh,
                       const struct walked* old, uint16_t flags, bool usable) {
  uint32_t rest = 0;
  if (old != NULL) {
    rest = (uint32_t)(trail.frames + trail.count - old);
    const uint32_t room = TIDEMARK_HEAP_FRAMES - fresh;
    if (rest > room) {
      rest = room;
      flags |= TIDEMARK_HEAP_TRUNCATED;
    }
    memmove(trail.frames + fresh, old, rest * sizeof *old);
  }
  memcpy(trail.frames, frames, fresh * sizeof *frames);
  trail.count = usable ? fresh + rest : 0;
  trail.flags = flags;
}

uint16_t tidemark_heap_unwind(const struct caller* caller,
                              uint64_t frames[TIDEMARK_HEAP_FRAMES],
                              uint16_t* flags) {
  const uintptr_t page = (uintptr_t)caller & ~(PAGE - 1);
  struct cursor at = {caller->return_address,
                      (uintptr_t)(caller + 1),
                      caller->rbp,
                      caller->rbx,
                      {page, page + PAGE}};
  struct walked fresh[TIDEMARK_HEAP_FRAMES];
  struct walked here = walked_of(&at);
  const struct walked* old = NULL;
  uint32_t next = 0;
  uint16_t count = 0;
  bool usable = true;
  *flags = TIDEMARK_HEAP_TRUNCATED;
  while (count < TIDEMARK_HEAP_FRAMES) {
    old = meet(&at, &next);
    if (old != NULL) {
      *flags = trail.flags;
      break;
    }
    fresh[count] = here;
    frames[count++] = at.pc;
    const enum step done = walk(&at, &here, &usable);
    if (done == BY_POINTER) *flags |= TIDEMARK_HEAP_FRAME_POINTER;
    if (done == ENDED) *flags &= (uint16_t)~TIDEMARK_HEAP_TRUNCATED;
    if (done == ENDED || done == LOST) break;
  }
  if (old != NULL && count == 0) {  // all of it
    for (; count < trail.count; ++count) frames[count] = trail.frames[count].pc;
    return count;
  }
  keep_trail(fresh, count, old, *flags, usable);
  if (old == NULL) return count;
  *flags = trail.flags;
  for (; count < trail.count; ++count) frames[count] = trail.frames[count].pc;
  return count;
}
