// The sampled blocks that are alive: chains by address, a lock for each 256th
// of them, and the filter that spares all other blocks the look.
#include "client/heap/shim.h"

static uint32_t place_of(uintptr_t address) {
  return (uint32_t)(address >> FILTER_GRANULE) & ((1u << FILTER_BITS) - 1);
}
// Blocks of one place in the filter share a bucket: who takes the last of them
// away sees that it was the last.
static uint32_t bucket_of(uintptr_t address) {
  return (place_of(address) * 0x9E3779B1u) >> 14;
}
_Static_assert(TIDEMARK_HEAP_BUCKETS == 1 << (32 - 14), "bucket_of");

static struct stripe* stripe_of(uint32_t bucket) {
  return &tidemark_heap_state.stripes[bucket % STRIPES];
}

static uint32_t new_block(struct tidemark_heap_segment* segment,
                          struct stripe* stripe) {
  const uint32_t freed = stripe->free_block;
  if (freed != 0) {
    stripe->free_block = segment->blocks[freed - 1].next;
    return freed;
  }
  uint32_t* next = &tidemark_heap_state.next_block;
  if (__atomic_load_n(next, __ATOMIC_RELAXED) >= TIDEMARK_HEAP_BLOCKS) return 0;
  const uint32_t index = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED);
  return index < TIDEMARK_HEAP_BLOCKS ? index + 1 : 0;
}

bool tidemark_heap_put_block(struct tidemark_heap_segment* segment,
                             const struct tidemark_heap_block* block) {
  const uint32_t bucket = bucket_of(block->address);
  struct stripe* stripe = stripe_of(bucket);
  lock_spin(&stripe->lock);
  const uint32_t index = new_block(segment, stripe);
  if (index != 0) {
    struct tidemark_heap_block* place = &segment->blocks[index - 1];
    *place = *block;
    place->next = segment->buckets[bucket];
    segment->buckets[bucket] = index;
    __atomic_fetch_or(filter_word(block->address), filter_bit(block->address),
                      __ATOMIC_RELAXED);
  }
  unlock_spin(&stripe->lock);
  return index != 0;
}

static bool others_at(const struct tidemark_heap_segment* segment,
                      uint32_t bucket, uint32_t place) {
  for (uint32_t i = segment->buckets[bucket]; i != 0;) {
    const struct tidemark_heap_block* block = &segment->blocks[i - 1];
    if (place_of(block->address) == place) return true;
    i = block->next;
  }
  return false;
}

static void deny(const struct tidemark_heap_segment* segment, uint32_t bucket,
                 uintptr_t address) {
  if (others_at(segment, bucket, place_of(address))) return;
  __atomic_fetch_and(filter_word(address), ~filter_bit(address),
                     __ATOMIC_RELAXED);
  tidemark_heap_mark_early();
}

bool tidemark_heap_take_block(struct tidemark_heap_segment* segment,
                              uintptr_t address,
                              struct tidemark_heap_block* block) {
  const uint32_t bucket = bucket_of(address);
  struct stripe* stripe = stripe_of(bucket);
  bool found = false;
  lock_spin(&stripe->lock);
  for (uint32_t* link = &segment->buckets[bucket]; *link != 0;) {
    const uint32_t index = *link;
    struct tidemark_heap_block* each = &segment->blocks[index - 1];
    if (each->address != address) {
      link = &each->next;
      continue;
    }
    *block = *each;
    *link = each->next;
    each->next = stripe->free_block;
    stripe->free_block = index;
    deny(segment, bucket, address);
    found = true;
    break;
  }
  unlock_spin(&stripe->lock);
  return found;
}
