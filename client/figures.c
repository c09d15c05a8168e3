// Figures: counters in this thread's stripe, gauges, histograms of spans.
#include <math.h>
#include <string.h>

#include "client/session.h"

// One instruction: a signal handler that counts on the same thread cannot come
// between its read and its write. The only writer of the word is this thread.
static inline void add_own(uint64_t* word, uint64_t n) {
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
  __asm__ volatile("addq %1, %0" : "+m"(*word) : "er"(n));
#else
  __atomic_fetch_add(word, n, __ATOMIC_RELAXED);
#endif
}

// No stripe: the thread's first figure, or it shares lane 0's.
static __attribute__((noinline)) void add_slowly(
    struct tidemark_session* session, tidemark_metric metric, unsigned which,
    uint64_t n) {
  struct thread_state* thread = &tidemark_this_thread;
  const bool look =
      thread->lane == NULL ||
      thread->freed != __atomic_load_n(&session->freed, __ATOMIC_RELAXED);
  if (!thread->busy && look) {
    thread->busy = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    tidemark_claim(session, thread);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    thread->busy = 0;
  }
  struct tidemark_segment* segment = tidemark_segment_get(session);
  if (segment == NULL) return;
  struct tidemark_stripe* stripe = thread->stripe;
  if (stripe == NULL) stripe = &segment->stripes[0];
  __atomic_fetch_add(&stripe->counters[metric][which], n, __ATOMIC_RELAXED);
  tidemark_link_count(session, thread);
}

static inline uint64_t* own_word(tidemark_metric metric, unsigned which) {
  struct tidemark_stripe* stripe = tidemark_this_thread.stripe;
  return LIKELY(stripe != NULL) ? &stripe->counters[metric][which] : NULL;
}

// Each time the count passes a multiple of 4096 it asks for the daemon: the
// figure itself is the clock, so that a call is one store and no more.
static inline void count(struct tidemark_session* session,
                         tidemark_metric metric, unsigned which, uint64_t n) {
  if (UNLIKELY(session == NULL || metric >= TIDEMARK_NAMES)) return;
  uint64_t* word = own_word(metric, which);
  if (LIKELY(word != NULL)) {
    add_own(word, n);
    if (UNLIKELY((__atomic_load_n(word, __ATOMIC_RELAXED) & 4095) < n)) {
      tidemark_link_poll(session);
    }
  } else {
    add_slowly(session, metric, which, n);
  }
}

void tidemark_done(tidemark_session* session, tidemark_metric op, uint64_t n) {
  count(session, op, 0, n);
}

void tidemark_failed(tidemark_session* session, tidemark_metric op,
                     uint64_t n) {
  count(session, op, 1, n);
}

void tidemark_count(tidemark_session* session, tidemark_metric counter,
                    uint64_t n) {
  count(session, counter, 0, n);
}

static uint32_t find(const struct tidemark_session* session,
                     const struct metric* wanted) {
  for (uint32_t i = 0; i < session->metric_count; ++i) {
    const struct metric* metric = &session->metrics[i];
    if (metric->kind == wanted->kind && metric->length == wanted->length &&
        memcmp(metric->text, wanted->text, wanted->length) == 0) {
      return i;
    }
  }
  return TIDEMARK_NO_METRIC;
}

static uint32_t append(struct tidemark_session* session,
                       struct metric* metric) {
  const uint32_t index = session->metric_count;
  if (index == TIDEMARK_NAMES) return TIDEMARK_NO_METRIC;
  if (metric->kind == TIDEMARK_NAME_SPAN) {
    if (session->histogram_count == TIDEMARK_HISTOGRAMS) {
      return TIDEMARK_NO_METRIC;
    }
    metric->histogram = (uint16_t)session->histogram_count++;
  }
  session->metrics[index] = *metric;
  __atomic_store_n(&session->metric_count, index + 1, __ATOMIC_SEQ_CST);
  struct tidemark_segment* segment =
      __atomic_load_n(&session->segment, __ATOMIC_SEQ_CST);
  if (segment != NULL) tidemark_segment_name(session, segment, index);
  return index;
}

static tidemark_metric define(tidemark_session* session, uint8_t kind,
                              const char* name) {
  if (session == NULL || name == NULL || *name == '\0') {
    return TIDEMARK_NO_METRIC;
  }
  struct metric metric = {.kind = kind};
  metric.length = (uint8_t)strnlen(name, TIDEMARK_NAME_BYTES);
  memcpy(metric.text, name, metric.length);
  pthread_mutex_lock(&session->lock);
  uint32_t index = find(session, &metric);
  if (index == TIDEMARK_NO_METRIC) index = append(session, &metric);
  pthread_mutex_unlock(&session->lock);
  return index;
}

tidemark_metric tidemark_op(tidemark_session* session, const char* name) {
  return define(session, TIDEMARK_NAME_OP, name);
}

tidemark_metric tidemark_counter(tidemark_session* session, const char* name) {
  return define(session, TIDEMARK_NAME_COUNTER, name);
}

tidemark_metric tidemark_gauge(tidemark_session* session, const char* name) {
  return define(session, TIDEMARK_NAME_GAUGE, name);
}

tidemark_metric tidemark_span(tidemark_session* session, const char* name) {
  return define(session, TIDEMARK_NAME_SPAN, name);
}

void tidemark_primary_op(tidemark_session* session, tidemark_metric op) {
  if (session == NULL || op >= session->metric_count) return;
  session->primary = op + 1;
  struct tidemark_segment* segment = tidemark_segment_get(session);
  if (segment == NULL) return;
  __atomic_store_n(&segment->header.primary, op + 1, __ATOMIC_RELEASE);
}

static struct tidemark_gauge_slot* gauge_slot(struct tidemark_session* session,
                                              tidemark_metric gauge) {
  if (session == NULL || gauge >= TIDEMARK_NAMES) return NULL;
  struct tidemark_segment* segment = tidemark_segment_get(session);
  if (segment == NULL) return NULL;
  tidemark_link_count(session, &tidemark_this_thread);
  return &segment->gauges[gauge];
}

static uint64_t to_bits(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

void tidemark_gauge_set(tidemark_session* session, tidemark_metric gauge,
                        double value) {
  struct tidemark_gauge_slot* slot = gauge_slot(session, gauge);
  if (slot == NULL || !isfinite(value)) return;
  __atomic_store_n(&slot->bits, to_bits(value), __ATOMIC_RELAXED);
  __atomic_store_n(&slot->set, 1, __ATOMIC_RELEASE);
}

void tidemark_gauge_add(tidemark_session* session, tidemark_metric gauge,
                        double delta) {
  struct tidemark_gauge_slot* slot = gauge_slot(session, gauge);
  if (slot == NULL || !isfinite(delta)) return;
  uint64_t seen = __atomic_load_n(&slot->bits, __ATOMIC_RELAXED);
  double sum;
  do {
    memcpy(&sum, &seen, sizeof sum);
    sum += delta;
  } while (!__atomic_compare_exchange_n(&slot->bits, &seen, to_bits(sum), true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  __atomic_store_n(&slot->set, 1, __ATOMIC_RELEASE);
}

static uint32_t bucket_of(uint64_t value) {
  if (value < 2048) return (uint32_t)value;
  const uint32_t exponent = (uint32_t)(63 - __builtin_clzll(value)) - 10;
  if (exponent > 31) return TIDEMARK_BUCKETS - 1;
  return exponent * 1024 + (uint32_t)(value >> exponent);
}

static void observe(struct tidemark_segment* segment, uint32_t histogram,
                    uint64_t value) {
  struct tidemark_histogram_head* head = &segment->heads[histogram];
  const uint32_t bucket = bucket_of(value);
  const uint32_t page = bucket / TIDEMARK_BUCKET_PAGE;
  uint64_t* touched = &head->touched[page / 64];
  const uint64_t bit = UINT64_C(1) << (page % 64);
  if (UNLIKELY(!(__atomic_load_n(touched, __ATOMIC_RELAXED) & bit))) {
    __atomic_fetch_or(touched, bit, __ATOMIC_RELAXED);
  }
  __atomic_fetch_add(&segment->buckets[histogram][bucket], 1, __ATOMIC_RELAXED);
  uint64_t max = __atomic_load_n(&head->max, __ATOMIC_RELAXED);
  while (UNLIKELY(value > max) &&
         !__atomic_compare_exchange_n(&head->max, &max, value, true,
                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}

static void add(struct tidemark_session* session, tidemark_metric metric,
                unsigned which, uint64_t n) {
  uint64_t* word = own_word(metric, which);
  if (LIKELY(word != NULL)) {
    add_own(word, n);
  } else {
    add_slowly(session, metric, which, n);
  }
}

// False: there is no such span, or no segment.
static bool record(struct tidemark_session* session,
                   struct tidemark_segment* segment, tidemark_metric span,
                   int64_t duration, int ok) {
  if (segment == NULL ||
      span >= __atomic_load_n(&session->metric_count, __ATOMIC_ACQUIRE) ||
      session->metrics[span].kind != TIDEMARK_NAME_SPAN) {
    return false;
  }
  const uint64_t value = duration < 0 ? 0 : (uint64_t)duration;
  observe(segment, session->metrics[span].histogram, value);
  add(session, span, 0, value);
  if (!ok) add(session, span, 1, 1);
  return true;
}

tidemark_span_state tidemark_span_begin(tidemark_session* session,
                                        tidemark_metric span) {
  const tidemark_span_state state = {session == NULL ? 0 : now_ns(), span};
  return state;
}

void tidemark_span_end(tidemark_session* session, tidemark_span_state state,
                       int ok) {
  if (session == NULL) return;
  const int64_t now = now_ns();
  struct tidemark_segment* segment = tidemark_segment_get(session);
  if (record(session, segment, state.span, now - state.begin_ns, ok)) {
    tidemark_link_check(session, segment, now);
  }
}

void tidemark_span_record(tidemark_session* session, tidemark_metric span,
                          int64_t duration_ns, int ok) {
  if (session == NULL) return;
  struct tidemark_segment* segment = tidemark_segment_get(session);
  if (record(session, segment, span, duration_ns, ok)) {
    tidemark_link_count(session, &tidemark_this_thread);
  }
}
