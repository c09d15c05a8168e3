// The socket to the daemon: HELLO with the segment, then only a life line.
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/handshake.h"
#include "client/session.h"

void tidemark_link_init(struct tidemark_session* session) {
  tidemark_find_socket(&session->daemon);
}

static bool send_hello(const struct tidemark_session* session, int fd) {
  struct tidemark_hello hello = {
      .flags = session->flags & TIDEMARK_HELLO_DETACHED,
      .segment_bytes = TIDEMARK_SEGMENT_BYTES,
      .name_length = (uint8_t)strnlen(session->app, sizeof session->app - 1)};
  memcpy(hello.name, session->app, hello.name_length);
  return tidemark_send_hello(fd, &hello, session->memfd);
}

// A daemon that is stopped or slow keeps its end open: no need for another.
static bool hung_up(int fd) {
  struct pollfd poll_fd = {.fd = fd};
  return poll(&poll_fd, 1, 0) > 0 &&
         (poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static void connect_once(struct tidemark_session* session,
                         struct tidemark_segment* segment, int64_t now) {
  const int old = session->socket;
  if (old >= 0) {
    if (!hung_up(old)) return;
    __atomic_store_n(&session->socket, -1, __ATOMIC_RELAXED);
    close(old);
  }
  errno = 0;
  const int fd = tidemark_open_socket(&session->daemon);
  const bool busy = fd < 0 && errno == EAGAIN;
  __atomic_store_n(&session->busy, busy, __ATOMIC_RELAXED);
  if (busy) {
    const int64_t sooner = TIDEMARK_RETRY_MS - TIDEMARK_BUSY_RETRY_MS;
    __atomic_store_n(&session->last_attempt_ns, now - sooner * NS_PER_MS,
                     __ATOMIC_RELAXED);
  }
  if (fd < 0) return;
  if (!send_hello(session, fd)) {
    close(fd);
    return;
  }
  // Grace until the daemon's first drain.
  __atomic_store_n(&segment->header.heartbeat_ns, (uint64_t)now,
                   __ATOMIC_RELAXED);
  __atomic_store_n(&session->socket, fd, __ATOMIC_RELEASE);
}

void tidemark_link_connect(struct tidemark_session* session, int64_t now) {
  struct tidemark_segment* segment =
      __atomic_load_n(&session->segment, __ATOMIC_ACQUIRE);
  if (segment == NULL) return;
  const int cancellation = tidemark_hold_cancellation();
  if (__atomic_exchange_n(&session->linking, 1, __ATOMIC_ACQUIRE)) {
    tidemark_release_cancellation(cancellation);
    return;
  }
  const int saved = errno;
  __atomic_store_n(&session->last_attempt_ns, now, __ATOMIC_RELAXED);
  connect_once(session, segment, now);
  errno = saved;
  __atomic_store_n(&session->linking, 0, __ATOMIC_RELEASE);
  tidemark_release_cancellation(cancellation);
}

void tidemark_link_close(struct tidemark_session* session, bool goodbye) {
  const int fd = __atomic_exchange_n(&session->socket, -1, __ATOMIC_ACQ_REL);
  if (fd < 0) return;
  const int cancellation = tidemark_hold_cancellation();
  const int saved = errno;
  if (goodbye) {
    const struct tidemark_goodbye bye = {TIDEMARK_CHANNEL_MAGIC};
    (void)!send(fd, &bye, sizeof bye, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  close(fd);
  // Opened again, it knows of no daemon.
  struct tidemark_segment* segment =
      __atomic_load_n(&session->segment, __ATOMIC_ACQUIRE);
  if (segment != NULL) {
    __atomic_store_n(&segment->header.heartbeat_ns, 0, __ATOMIC_RELAXED);
  }
  errno = saved;
  tidemark_release_cancellation(cancellation);
}

bool tidemark_link_alive(struct tidemark_session* session, int64_t now) {
  const struct tidemark_segment* segment =
      __atomic_load_n(&session->segment, __ATOMIC_ACQUIRE);
  if (segment == NULL ||
      __atomic_load_n(&session->socket, __ATOMIC_ACQUIRE) < 0)
    return false;
  const int64_t beat =
      (int64_t)__atomic_load_n(&segment->header.heartbeat_ns, __ATOMIC_RELAXED);
  return now - beat < TIDEMARK_STALE_MS * NS_PER_MS;
}

void tidemark_link_poll(struct tidemark_session* session) {
  struct tidemark_segment* segment =
      __atomic_load_n(&session->segment, __ATOMIC_ACQUIRE);
  if (segment != NULL) tidemark_link_check(session, segment, now_ns());
}
