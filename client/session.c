// Opening, closing, and what fork does to a session.
#include "client/session.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct tidemark_session tidemark_the_session = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .memfd = -1, .socket = -1};

// The mapping stays behind (MADV_DONTFORK), and the parent's descriptors must
// not keep its life line open. The child's own segment is made at first use:
// most children exec.
static void after_fork_in_child(void) {
  struct tidemark_session* session = &tidemark_the_session;
  memset(&tidemark_this_thread, 0, sizeof tidemark_this_thread);
  session->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
  session->creating = session->linking = session->overflow = 0;
  if (session->segment == NULL) return;
  if (session->socket >= 0) close(session->socket);
  if (session->memfd >= 0) close(session->memfd);
  session->socket = session->memfd = -1;
  session->segment = NULL;
  session->lost = session->async_refused = 0;
  session->alerts_taken = session->alerts_missed = 0;
  tidemark_async_forget();
  session->last_attempt_ns = 0;
  session->busy = 0;
  session->forked = 1;
}

__attribute__((constructor)) static void library_begin(void) {
  tidemark_lanes_init();
  pthread_atfork(NULL, NULL, after_fork_in_child);
}

// A program that returns from main ends well even if it forgot to close.
__attribute__((destructor)) static void library_end(void) {
  struct tidemark_session* session = &tidemark_the_session;
  tidemark_lanes_end();
  if (session->references > 0) tidemark_link_close(session, true);
}

static void set_app(struct tidemark_session* session, const char* app) {
  if (app == NULL) app = "";
  const size_t length = strnlen(app, sizeof session->app - 1);
  memcpy(session->app, app, length);
  session->app[length] = '\0';
}

tidemark_session* tidemark_open(const char* app, unsigned flags) {
  struct tidemark_session* session = &tidemark_the_session;
  pthread_mutex_lock(&session->lock);
  if (session->references == 0) {
    set_app(session, app);
    session->flags = flags;
    tidemark_link_init(session);
  }
  struct tidemark_segment* segment = tidemark_segment_get(session);
  if (segment == NULL) {
    segment = tidemark_segment_create(session);
    __atomic_store_n(&session->segment, segment, __ATOMIC_RELEASE);
  }
  if (segment != NULL) {
    ++session->references;
    if (session->socket < 0) tidemark_link_connect(session, now_ns());
  }
  pthread_mutex_unlock(&session->lock);
  return segment != NULL ? session : NULL;
}

// The segment stays: a later open goes on in it, and threads that still hold
// its lanes do no harm. What waits in it needs a daemon now, or is lost.
void tidemark_close(tidemark_session* session) {
  if (session == NULL) return;
  pthread_mutex_lock(&session->lock);
  if (session->references > 0 && --session->references == 0) {
    const int64_t now = now_ns();
    if (!tidemark_link_alive(session, now)) tidemark_link_connect(session, now);
    tidemark_link_close(session, true);
    session->daemon.sun_family = 0;  // no mark after this reconnects
  }
  pthread_mutex_unlock(&session->lock);
}

int tidemark_connected(tidemark_session* session) {
  if (session == NULL) return 0;
  tidemark_link_poll(session);
  return tidemark_link_alive(session, now_ns());
}

uint64_t tidemark_dropped(tidemark_session* session) {
  if (session == NULL) return 0;
  uint64_t sum = __atomic_load_n(&session->lost, __ATOMIC_RELAXED);
  const struct tidemark_segment* segment =
      __atomic_load_n(&session->segment, __ATOMIC_ACQUIRE);
  if (segment == NULL) return sum;
  sum += __atomic_load_n(&segment->header.nested, __ATOMIC_RELAXED);
  for (uint32_t i = 0; i < TIDEMARK_LANES; ++i) {
    sum += __atomic_load_n(&segment->lanes[i].dropped, __ATOMIC_RELAXED);
  }
  return sum;
}
