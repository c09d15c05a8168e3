// What the daemon tells this process: answers to its gate questions, alerts.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "client/session.h"

// False: it is being overwritten, or is another one by now.
static bool copy_notice(const struct tidemark_notice* shared, uint64_t number,
                        struct tidemark_notice* into) {
  enum { kWords = sizeof *shared / sizeof(uint64_t) };
  const uint64_t* from = (const uint64_t*)(const void*)shared;
  uint64_t words[kWords];
  words[0] = __atomic_load_n(&shared->sequence, __ATOMIC_ACQUIRE);
  if (words[0] != number + 1) return false;
  for (int i = 1; i < kWords; ++i) {
    words[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
  }
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  memcpy(into, words, sizeof *into);
  return __atomic_load_n(&shared->sequence, __ATOMIC_RELAXED) == number + 1;
}

static double value_of(const struct tidemark_notice* notice) {
  double value;
  memcpy(&value, &notice->bits, sizeof value);
  return value;
}

static enum tidemark_gate_status status_of(
    const struct tidemark_notice* notice) {
  return notice->status <= TIDEMARK_GATE_INCONCLUSIVE
             ? (enum tidemark_gate_status)notice->status
             : TIDEMARK_GATE_INCONCLUSIVE;
}

static void copy_text(const struct tidemark_notice* notice, char* into) {
  const size_t length = notice->length < TIDEMARK_NOTICE_TEXT
                            ? notice->length
                            : TIDEMARK_NOTICE_TEXT;
  memcpy(into, notice->text, length);
  into[length] = '\0';
}

struct question {
  uint64_t token;
  struct tidemark_notice answer;
};

static bool is_answered(struct tidemark_segment* segment, void* argument) {
  struct question* question = argument;
  const uint64_t written =
      __atomic_load_n(&segment->header.answers_written, __ATOMIC_ACQUIRE);
  for (uint64_t back = 1; back <= TIDEMARK_ANSWERS && back <= written; ++back) {
    const uint64_t number = written - back;
    if (copy_notice(&segment->header.answers[number % TIDEMARK_ANSWERS], number,
                    &question->answer) &&
        question->answer.token == question->token) {
      return true;
    }
  }
  return false;
}

static void explain(tidemark_gate_result* result, const char* reason) {
  result->status = TIDEMARK_GATE_INCONCLUSIVE;
  result->value = NAN;
  snprintf(result->reason, sizeof result->reason, "%s", reason);
}

static enum tidemark_answer ask(struct tidemark_session* session,
                                const char* gate, uint32_t timeout_ms,
                                tidemark_gate_result* result) {
  struct question question = {
      .token = __atomic_add_fetch(&session->last_token, 1, __ATOMIC_RELAXED)};
  struct mark mark = {.kind = TIDEMARK_RECORD_GATE,
                      .value = (int64_t)question.token,
                      .text = gate};
  if (!tidemark_put(session, &mark)) return TIDEMARK_TIMED_OUT;
  const enum tidemark_answer answer = tidemark_wait(
      session, is_answered, &question, timeout_ms, 100 * NS_PER_MS);
  if (answer == TIDEMARK_DONE) {
    result->status = status_of(&question.answer);
    result->value = value_of(&question.answer);
    copy_text(&question.answer, result->reason);
  }
  return answer;
}

enum tidemark_answer tidemark_gate(tidemark_session* session, const char* gate,
                                   uint32_t timeout_ms,
                                   tidemark_gate_result* result) {
  tidemark_gate_result ignored;
  if (result == NULL) result = &ignored;
  explain(result, "no daemon evaluates it");
  if (session == NULL) return TIDEMARK_NO_DAEMON;
  if (gate == NULL || *gate == '\0') {
    explain(result, "there is no gate in an empty text");
    return TIDEMARK_DONE;
  }
  if (strnlen(gate, TIDEMARK_TEXT_BYTES + 1) > TIDEMARK_TEXT_BYTES) {
    explain(result, "the gate is longer than 424 bytes");
    return TIDEMARK_DONE;
  }
  const enum tidemark_answer answer = ask(session, gate, timeout_ms, result);
  if (answer == TIDEMARK_TIMED_OUT) explain(result, "no answer in time");
  return answer;
}

// The number of the next alert to take; false: there is none.
static bool next_alert(struct tidemark_session* session,
                       const struct tidemark_segment* segment,
                       uint64_t* number) {
  const uint64_t written =
      __atomic_load_n(&segment->header.alerts_written, __ATOMIC_ACQUIRE);
  uint64_t taken = __atomic_load_n(&session->alerts_taken, __ATOMIC_RELAXED);
  if (written - taken > TIDEMARK_ALERTS) {
    const uint64_t oldest = written - TIDEMARK_ALERTS;
    if (!__atomic_compare_exchange_n(&session->alerts_taken, &taken, oldest,
                                     false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED)) {
      return false;
    }
    __atomic_add_fetch(&session->alerts_missed, oldest - taken,
                       __ATOMIC_RELAXED);
    taken = oldest;
  }
  *number = taken;
  return taken != written;
}

static void fill_alert(tidemark_alert* alert,
                       const struct tidemark_notice* notice) {
  alert->status = status_of(notice);
  alert->time_ns = (int64_t)notice->time_ns;
  alert->value = value_of(notice);
  copy_text(notice, alert->name);
}

static bool take_alert(struct tidemark_session* session,
                       const struct tidemark_segment* segment,
                       tidemark_alert* alert) {
  struct tidemark_notice notice;
  // Others may take them, the daemon may overwrite them: not for ever.
  for (int tries = 0; tries < 4 * TIDEMARK_ALERTS; ++tries) {
    uint64_t number = 0;
    if (!next_alert(session, segment, &number)) return false;
    const bool whole = copy_notice(
        &segment->header.alerts[number % TIDEMARK_ALERTS], number, &notice);
    if (!__atomic_compare_exchange_n(&session->alerts_taken, &number,
                                     number + 1, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED)) {
      continue;
    }
    if (whole) {
      fill_alert(alert, &notice);
      return true;
    }
    __atomic_add_fetch(&session->alerts_missed, 1, __ATOMIC_RELAXED);
  }
  return false;
}

int tidemark_alert_poll(tidemark_session* session, tidemark_alert* alert) {
  if (session == NULL || alert == NULL) return 0;
  const struct tidemark_segment* segment =
      __atomic_load_n(&session->segment, __ATOMIC_ACQUIRE);
  return segment != NULL && take_alert(session, segment, alert);
}

struct watch {
  struct tidemark_session* session;
  tidemark_alert* alert;
};

static bool has_alert(struct tidemark_segment* segment, void* argument) {
  struct watch* watch = argument;
  return take_alert(watch->session, segment, watch->alert);
}

enum tidemark_answer tidemark_alert_wait(tidemark_session* session,
                                         uint32_t timeout_ms,
                                         tidemark_alert* alert) {
  if (session == NULL || alert == NULL) return TIDEMARK_NO_DAEMON;
  struct watch watch = {session, alert};
  return tidemark_wait(session, has_alert, &watch, timeout_ms, 100 * NS_PER_MS);
}

uint64_t tidemark_alerts_missed(tidemark_session* session) {
  return session == NULL
             ? 0
             : __atomic_load_n(&session->alerts_missed, __ATOMIC_RELAXED);
}
