// What this process said so far, read from its own segment.
#include "client/session.h"

static uint64_t sum_of(const struct tidemark_session* session,
                       tidemark_metric metric, unsigned which) {
  if (session == NULL || metric >= TIDEMARK_NAMES) return 0;
  const struct tidemark_segment* segment =
      __atomic_load_n(&session->segment, __ATOMIC_ACQUIRE);
  if (segment == NULL) return 0;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < TIDEMARK_LANES; ++i) {
    sum += __atomic_load_n(&segment->stripes[i].counters[metric][which],
                           __ATOMIC_RELAXED);
  }
  return sum;
}

uint64_t tidemark_total(tidemark_session* session, tidemark_metric metric) {
  return sum_of(session, metric, 0);
}

uint64_t tidemark_total_failed(tidemark_session* session,
                               tidemark_metric metric) {
  return sum_of(session, metric, 1);
}

// Of a span; TIDEMARK_HISTOGRAMS: there is none.
static uint32_t histogram_of(const struct tidemark_session* session,
                             tidemark_metric span) {
  if (session == NULL ||
      span >= __atomic_load_n(&session->metric_count, __ATOMIC_ACQUIRE) ||
      session->metrics[span].kind != TIDEMARK_NAME_SPAN) {
    return TIDEMARK_HISTOGRAMS;
  }
  return session->metrics[span].histogram;
}

// The inverse of the rule in channel.h.
static tidemark_bucket bounds_of(uint32_t bucket, uint64_t count) {
  if (bucket < 2048) return (tidemark_bucket){bucket, bucket, count};
  const uint32_t exponent = bucket / 1024 - 1;
  const int64_t from = (int64_t)(bucket - exponent * 1024) << exponent;
  return (tidemark_bucket){from, from + (INT64_C(1) << exponent) - 1, count};
}

static uint32_t read_page(const uint64_t* buckets, uint32_t page,
                          tidemark_bucket* out, uint32_t capacity,
                          uint32_t found) {
  const uint32_t first = page * TIDEMARK_BUCKET_PAGE;
  for (uint32_t i = first; i < first + TIDEMARK_BUCKET_PAGE; ++i) {
    const uint64_t count = __atomic_load_n(&buckets[i], __ATOMIC_RELAXED);
    if (count == 0) continue;
    if (found < capacity) out[found] = bounds_of(i, count);
    ++found;
  }
  return found;
}

uint32_t tidemark_span_buckets(tidemark_session* session, tidemark_metric span,
                               tidemark_bucket* out, uint32_t capacity) {
  const uint32_t histogram = histogram_of(session, span);
  if (histogram == TIDEMARK_HISTOGRAMS) return 0;
  const struct tidemark_segment* segment =
      __atomic_load_n(&session->segment, __ATOMIC_ACQUIRE);
  if (segment == NULL) return 0;
  uint32_t found = 0;
  const uint32_t pages = TIDEMARK_BUCKETS / TIDEMARK_BUCKET_PAGE;
  for (uint32_t page = 0; page < pages; ++page) {
    const uint64_t touched = __atomic_load_n(
        &segment->heads[histogram].touched[page / 64], __ATOMIC_RELAXED);
    if (!(touched & (UINT64_C(1) << (page % 64)))) continue;
    found = read_page(segment->buckets[histogram], page, out, capacity, found);
  }
  return found;
}

int64_t tidemark_span_max(tidemark_session* session, tidemark_metric span) {
  const uint32_t histogram = histogram_of(session, span);
  if (histogram == TIDEMARK_HISTOGRAMS) return 0;
  const struct tidemark_segment* segment =
      __atomic_load_n(&session->segment, __ATOMIC_ACQUIRE);
  if (segment == NULL) return 0;
  return (int64_t)__atomic_load_n(&segment->heads[histogram].max,
                                  __ATOMIC_RELAXED);
}
