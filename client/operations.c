// Operations with a duration: ops that know when they should have started, and
// spans told by an id.
#include <stdio.h>
#include <string.h>

#include "client/session.h"

enum {
  kFlights = 4096,
  kReach = 64,  // how far from its place a span may lie
};

enum flight_state { kFree = 0, kBusy = 1, kTaken = 2 };

// Written only by who moved it to busy.
struct flight {
  uint32_t state;  // atomic: enum flight_state
  tidemark_metric span;
  uint64_t id;  // atomic
  int64_t begin_ns;
};

static struct flight flights[kFlights];
static uint32_t flights_used;  // atomic: a child has something to forget

void tidemark_async_forget(void) {
  if (flights_used) memset(flights, 0, sizeof flights);
  flights_used = 0;
}

// Fibonacci hashing: ids that follow each other, or are addresses, spread.
static uint32_t place_of(tidemark_metric span, uint64_t id) {
  const uint64_t mixed = (id + span) * UINT64_C(0x9E3779B97F4A7C15);
  return (uint32_t)(mixed >> 52);
}

static bool move_state(struct flight* flight, uint32_t from, uint32_t to) {
  return __atomic_compare_exchange_n(&flight->state, &from, to, false,
                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static int refuse(struct tidemark_session* session) {
  __atomic_add_fetch(&session->async_refused, 1, __ATOMIC_RELAXED);
  return 0;
}

int tidemark_async_begin(tidemark_session* session, tidemark_metric span,
                         uint64_t id) {
  if (session == NULL) return 0;
  const uint32_t place = place_of(span, id);
  for (uint32_t i = 0; span != TIDEMARK_NO_METRIC && i < kReach; ++i) {
    struct flight* flight = &flights[(place + i) % kFlights];
    if (!move_state(flight, kFree, kBusy)) continue;
    flight->span = span;
    flight->begin_ns = now_ns();
    __atomic_store_n(&flight->id, id, __ATOMIC_RELAXED);
    __atomic_store_n(&flights_used, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&flight->state, kTaken, __ATOMIC_RELEASE);
    return 1;
  }
  return refuse(session);
}

// Holds it busy if it is the one looked for.
static bool take(struct flight* flight, tidemark_metric span, uint64_t id) {
  if (__atomic_load_n(&flight->id, __ATOMIC_RELAXED) != id ||
      !move_state(flight, kTaken, kBusy)) {
    return false;
  }
  if (flight->span == span &&
      __atomic_load_n(&flight->id, __ATOMIC_RELAXED) == id) {
    return true;
  }
  __atomic_store_n(&flight->state, kTaken, __ATOMIC_RELEASE);
  return false;
}

int tidemark_async_end(tidemark_session* session, tidemark_metric span,
                       uint64_t id, int ok) {
  if (session == NULL) return 0;
  const uint32_t place = place_of(span, id);
  for (uint32_t i = 0; i < kReach; ++i) {
    struct flight* flight = &flights[(place + i) % kFlights];
    if (!take(flight, span, id)) continue;
    const tidemark_span_state state = {flight->begin_ns, span};
    __atomic_store_n(&flight->state, kFree, __ATOMIC_RELEASE);
    tidemark_span_end(session, state, ok);
    return 1;
  }
  return refuse(session);
}

uint64_t tidemark_async_refused(tidemark_session* session) {
  return session == NULL
             ? 0
             : __atomic_load_n(&session->async_refused, __ATOMIC_RELAXED);
}

int64_t tidemark_now(void) { return now_ns(); }

static uint16_t one_more(tidemark_metric metric) {
  return metric == TIDEMARK_NO_METRIC ? 0 : (uint16_t)(metric + 1);
}

tidemark_metric tidemark_timed_op(tidemark_session* session, const char* name,
                                  int paced) {
  const tidemark_metric op = tidemark_op(session, name);
  if (op == TIDEMARK_NO_METRIC) return op;
  struct metric* metric = &session->metrics[op];
  __atomic_store_n(&metric->span, one_more(tidemark_span(session, name)),
                   __ATOMIC_RELAXED);
  if (!paced) return op;
  char service[TIDEMARK_NAME_BYTES + 16];
  snprintf(service, sizeof service, "%.*s.service", TIDEMARK_NAME_BYTES - 8,
           name);
  __atomic_store_n(&metric->service, one_more(tidemark_span(session, service)),
                   __ATOMIC_RELAXED);
  return op;
}

static void record_since(tidemark_session* session, uint16_t span,
                         int64_t begin_ns, int ok) {
  if (span == 0) return;
  const tidemark_span_state state = {begin_ns, (tidemark_metric)span - 1};
  tidemark_span_end(session, state, ok);
}

void tidemark_op_done(tidemark_session* session, tidemark_metric op,
                      int64_t intended_ns, int64_t start_ns, int ok) {
  if (session == NULL ||
      op >= __atomic_load_n(&session->metric_count, __ATOMIC_ACQUIRE)) {
    return;
  }
  const struct metric* metric = &session->metrics[op];
  const int64_t since = intended_ns > 0 ? intended_ns : start_ns;
  record_since(session, __atomic_load_n(&metric->span, __ATOMIC_RELAXED), since,
               ok);
  record_since(session, __atomic_load_n(&metric->service, __ATOMIC_RELAXED),
               start_ns, ok);
  tidemark_done(session, op, 1);
  if (!ok) tidemark_failed(session, op, 1);
}
