// Marks: records in this thread's lane, each committed by one store.
#include <sched.h>
#include <string.h>

#include "client/session.h"
#include "client/usdt.h"

static struct tidemark_record* slot(struct thread_state* thread,
                                    uint64_t position) {
  return &thread->ring[position % TIDEMARK_LANE_RECORDS];
}

static void fill_tail(struct thread_state* thread, uint64_t position,
                      const char* text, size_t length) {
  while (length > 0) {
    struct tidemark_text_record* tail =
        (struct tidemark_text_record*)(void*)slot(thread, position);
    const size_t part = length < sizeof tail->text ? length : sizeof tail->text;
    tail->sequence = ++position;
    memcpy(tail->text, text, part);
    text += part;
    length -= part;
  }
}

static void fill_head(struct thread_state* thread, uint64_t position,
                      const struct mark* mark, size_t length, int64_t now) {
  struct tidemark_record* head = slot(thread, position);
  head->sequence = position + 1;
  head->time_ns = (uint64_t)now;
  head->value = mark->value;
  head->thread = thread->id;
  head->kind = mark->kind;
  head->phase_kind = mark->phase_kind;
  head->length = (uint16_t)length;
  memcpy(head->text, mark->text,
         length < sizeof head->text ? length : sizeof head->text);
}

// Text beyond the head takes further records.
static uint64_t records_for(size_t length) {
  if (length <= TIDEMARK_HEAD_TEXT) return 1;
  return 1 + (length - TIDEMARK_HEAD_TEXT + TIDEMARK_TAIL_TEXT - 1) /
                 TIDEMARK_TAIL_TEXT;
}

static bool write_mark(struct thread_state* thread, const struct mark* mark,
                       int64_t now) {
  struct tidemark_lane* lane = thread->lane;
  const size_t length = strnlen(mark->text, TIDEMARK_TEXT_BYTES);
  const uint64_t records = records_for(length);
  const uint64_t written = __atomic_load_n(&lane->written, __ATOMIC_RELAXED);
  const uint64_t published =
      __atomic_load_n(&lane->published, __ATOMIC_ACQUIRE);
  if (UNLIKELY(written + records - published > TIDEMARK_LANE_RECORDS)) {
    __atomic_store_n(&lane->dropped, lane->dropped + 1, __ATOMIC_RELAXED);
    return false;
  }
  fill_head(thread, written, mark, length, now);
  if (UNLIKELY(records > 1)) {
    fill_tail(thread, written + 1, mark->text + TIDEMARK_HEAD_TEXT,
              length - TIDEMARK_HEAD_TEXT);
  }
  __atomic_store_n(&lane->written, written + records, __ATOMIC_RELEASE);
  return true;
}

static void count_lost(struct tidemark_session* session) {
  struct tidemark_segment* segment =
      __atomic_load_n(&session->segment, __ATOMIC_ACQUIRE);
  __atomic_add_fetch(segment ? &segment->header.nested : &session->lost, 1,
                     __ATOMIC_RELAXED);
}

// Lane 0: its holder may be waiting for this CPU, or be the code that this
// signal handler interrupted; so not without limit.
static bool write_shared(struct tidemark_session* session,
                         struct thread_state* thread, const struct mark* mark,
                         int64_t now) {
  const int cancellation = tidemark_hold_cancellation();
  for (int spins = 1; spins <= 5000; ++spins) {
    if (__atomic_exchange_n(&session->overflow, 1, __ATOMIC_ACQUIRE) == 0) {
      const bool done = write_mark(thread, mark, now);
      __atomic_store_n(&session->overflow, 0, __ATOMIC_RELEASE);
      tidemark_release_cancellation(cancellation);
      return done;
    }
    if (spins % 50 == 0) sched_yield();
  }
  tidemark_release_cancellation(cancellation);
  count_lost(session);
  return false;
}

// A thread on the shared lane moves to one of its own when one became free.
static bool need_lane(struct tidemark_session* session,
                      struct thread_state* thread) {
  return thread->lane == NULL ||
         (thread->index == 0 &&
          thread->freed != __atomic_load_n(&session->freed, __ATOMIC_RELAXED));
}

bool tidemark_put(struct tidemark_session* session, struct mark* mark) {
  if (session == NULL) return false;
  if (mark->text == NULL) mark->text = "";
  struct thread_state* thread = &tidemark_this_thread;
  if (UNLIKELY(thread->busy)) {
    count_lost(session);
    return false;
  }
  thread->busy = 1;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  bool done = false;
  const int64_t now = now_ns();
  if (UNLIKELY(need_lane(session, thread)) &&
      !tidemark_claim(session, thread)) {
    count_lost(session);
  } else {
    done = LIKELY(thread->index != 0)
               ? write_mark(thread, mark, now)
               : write_shared(session, thread, mark, now);
    tidemark_link_check(session, tidemark_segment_get(session), now);
  }
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  thread->busy = 0;
  return done;
}

void tidemark_run_begin(tidemark_session* session, const char* name) {
  USDT1(run_begin, name);
  tidemark_put(session,
               &(struct mark){.kind = TIDEMARK_RECORD_RUN_BEGIN, .text = name});
}

void tidemark_run_end(tidemark_session* session,
                      enum tidemark_run_status status) {
  USDT1(run_end, (int)status);
  tidemark_put(session, &(struct mark){.kind = TIDEMARK_RECORD_RUN_END,
                                       .value = (int64_t)status});
}

uint64_t tidemark_phase_begin(tidemark_session* session, const char* name,
                              enum tidemark_phase_kind kind) {
  if (session == NULL) return 0;
  const uint64_t handle =
      __atomic_add_fetch(&session->last_handle, 1, __ATOMIC_RELAXED);
  USDT3(phase_begin, name, (int)kind, handle);
  struct mark mark = {.kind = TIDEMARK_RECORD_PHASE_BEGIN,
                      .phase_kind = (uint8_t)kind,
                      .value = (int64_t)handle,
                      .text = name};
  return tidemark_put(session, &mark) ? handle : 0;
}

void tidemark_phase_end(tidemark_session* session, uint64_t handle) {
  if (handle == 0) return;
  USDT2(phase_end, (const char*)NULL, handle);
  tidemark_put(session, &(struct mark){.kind = TIDEMARK_RECORD_PHASE_END,
                                       .value = (int64_t)handle});
}

void tidemark_phase_end_name(tidemark_session* session, const char* name) {
  USDT2(phase_end, name, UINT64_C(0));
  tidemark_put(session,
               &(struct mark){.kind = TIDEMARK_RECORD_PHASE_END, .text = name});
}

void tidemark_note(tidemark_session* session, const char* text) {
  USDT1(note, text);
  tidemark_put(session,
               &(struct mark){.kind = TIDEMARK_RECORD_NOTE, .text = text});
}

void tidemark_attribute(tidemark_session* session, uint64_t phase,
                        const char* key, const char* value) {
  if (session == NULL || key == NULL || *key == '\0') return;
  if (value == NULL) value = "";
  char text[TIDEMARK_TEXT_BYTES + 1];
  size_t length = strnlen(key, TIDEMARK_TEXT_BYTES - 1);
  memcpy(text, key, length);
  text[length++] = '=';
  const size_t rest = strnlen(value, TIDEMARK_TEXT_BYTES - length);
  memcpy(text + length, value, rest);
  text[length + rest] = '\0';
  tidemark_put(session, &(struct mark){.kind = TIDEMARK_RECORD_ATTRIBUTE,
                                       .value = (int64_t)phase,
                                       .text = text});
}

void tidemark_snapshot(tidemark_session* session, const char* name) {
  tidemark_put(session,
               &(struct mark){.kind = TIDEMARK_RECORD_SNAPSHOT, .text = name});
}
