// Stacks and rows: found without a lock, added under one.
#include "client/heap/shim.h"

static uint64_t mix(uint64_t value) {
  value ^= value >> 32;
  value *= UINT64_C(0xD6E8FEB86659FD93);
  value ^= value >> 32;
  return value;
}

static uint64_t key_of(const uint64_t* frames, uint16_t count) {
  uint64_t key = count;
  for (uint16_t i = 0; i < count; ++i) {
    key = (key ^ frames[i]) * UINT64_C(0x9E3779B97F4A7C15);
    key ^= key >> 29;
  }
  key = mix(key);
  return key != 0 ? key : 1;
}

// Where in an index something is, or would be.
static uint32_t find_stack(struct tidemark_heap_segment* segment, uint64_t key,
                           uint32_t** place) {
  uint32_t at = (uint32_t)key;
  for (;; ++at) {
    uint32_t* slot = &segment->stack_index[at % TIDEMARK_HEAP_STACK_INDEX];
    const uint32_t index = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    *place = slot;
    if (index == 0) return TIDEMARK_HEAP_NO_STACK;
    if (segment->stacks[index - 1].key == key) return index - 1;
  }
}

static uint32_t find_row(struct tidemark_heap_segment* segment, uint32_t stack,
                         uint32_t cohort, uint32_t** place) {
  uint32_t at = (uint32_t)mix(((uint64_t)cohort << 32) | stack);
  for (;; ++at) {
    uint32_t* slot = &segment->row_index[at % TIDEMARK_HEAP_ROW_INDEX];
    const uint32_t index = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    *place = slot;
    if (index == 0) return UINT32_MAX;
    const struct tidemark_heap_row* row = &segment->rows[index - 1];
    if (row->stack == stack && row->cohort == cohort) return index - 1;
  }
}

// Half of each index stays empty, so a look always ends.
_Static_assert(TIDEMARK_HEAP_STACK_INDEX >= 2 * TIDEMARK_HEAP_STACKS, "");
_Static_assert(TIDEMARK_HEAP_ROW_INDEX >= 2 * TIDEMARK_HEAP_ROWS, "");

static uint32_t add_stack(struct tidemark_heap_segment* segment, uint64_t key,
                          const uint64_t* frames, uint16_t count,
                          uint16_t flags, uint32_t* place) {
  uint32_t* used = &segment->header.stack_count;
  const uint32_t index = *used;
  if (index >= TIDEMARK_HEAP_STACKS) return TIDEMARK_HEAP_NO_STACK;
  struct tidemark_heap_stack* stack = &segment->stacks[index];
  stack->key = key;
  stack->frames = count;
  stack->flags = flags;
  for (uint16_t i = 0; i < count; ++i) stack->return_addresses[i] = frames[i];
  __atomic_store_n(&stack->ready, 1, __ATOMIC_RELEASE);
  __atomic_store_n(used, index + 1, __ATOMIC_RELEASE);
  __atomic_store_n(place, index + 1, __ATOMIC_RELEASE);
  return index;
}

// Row 0 is for what finds no row: made with the segment.
static uint32_t add_row(struct tidemark_heap_segment* segment, uint32_t stack,
                        uint32_t cohort, uint32_t* place) {
  uint32_t* used = &segment->header.row_count;
  const uint32_t index = *used;
  if (index >= TIDEMARK_HEAP_ROWS) return 0;
  struct tidemark_heap_row* row = &segment->rows[index];
  row->stack = stack;
  row->cohort = cohort;
  __atomic_store_n(&row->ready, 1, __ATOMIC_RELEASE);
  __atomic_store_n(used, index + 1, __ATOMIC_RELEASE);
  __atomic_store_n(place, index + 1, __ATOMIC_RELEASE);
  return index;
}

static uint32_t stack_of(struct tidemark_heap_segment* segment,
                         const struct caller* caller) {
  uint64_t frames[TIDEMARK_HEAP_FRAMES];
  uint16_t flags = 0;
  const uint16_t count = tidemark_heap_unwind(caller, frames, &flags);
  const uint64_t key = key_of(frames, count);
  uint32_t* place = NULL;
  uint32_t index = find_stack(segment, key, &place);
  if (LIKELY(index != TIDEMARK_HEAP_NO_STACK)) return index;
  lock_spin(&tidemark_heap_state.growing);
  index = find_stack(segment, key, &place);
  if (index == TIDEMARK_HEAP_NO_STACK) {
    index = add_stack(segment, key, frames, count, flags, place);
  }
  unlock_spin(&tidemark_heap_state.growing);
  return index;
}

uint32_t tidemark_heap_row(struct tidemark_heap_segment* segment,
                           const struct caller* caller) {
  const uint32_t stack = stack_of(segment, caller);
  const uint32_t cohort =
      __atomic_load_n(&segment->header.cohort, __ATOMIC_RELAXED);
  uint32_t* place = NULL;
  uint32_t row = find_row(segment, stack, cohort, &place);
  if (UNLIKELY(row == UINT32_MAX)) {
    lock_spin(&tidemark_heap_state.growing);
    row = find_row(segment, stack, cohort, &place);
    if (row == UINT32_MAX) row = add_row(segment, stack, cohort, place);
    unlock_spin(&tidemark_heap_state.growing);
  }
  if (UNLIKELY(row == 0 || stack == TIDEMARK_HEAP_NO_STACK)) {
    __atomic_fetch_add(&segment->header.sites_full, 1, __ATOMIC_RELAXED);
  }
  return row;
}
