// The socket to the daemon: HELLO with the segment, then only a life line.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/session.h"

void tidemark_link_init(struct tidemark_session* session) {
  const char* path = secure_getenv(TIDEMARK_SOCKET_VARIABLE);
  if (path == NULL || *path == '\0') path = TIDEMARK_DEFAULT_SOCKET;
  const size_t length = strlen(path);
  // A path that does not fit cannot name a socket: no daemon.
  if (length >= sizeof session->socket_path) return;
  memcpy(session->socket_path, path, length + 1);
}

static int open_socket(const struct tidemark_session* session) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, session->socket_path, sizeof address.sun_path);
  const int fd =
      socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (connect(fd, (struct sockaddr*)&address, sizeof address) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

static bool send_hello(const struct tidemark_session* session, int fd) {
  struct tidemark_hello hello = {
      .magic = TIDEMARK_CHANNEL_MAGIC,
      .major = TIDEMARK_CHANNEL_MAJOR,
      .minor = TIDEMARK_CHANNEL_MINOR,
      .flags = session->flags & TIDEMARK_HELLO_DETACHED,
      .segment_bytes = TIDEMARK_SEGMENT_BYTES,
      .name_length = (uint8_t)strnlen(session->app, sizeof session->app - 1)};
  memcpy(hello.name, session->app, hello.name_length);
  struct iovec data = {.iov_base = &hello, .iov_len = sizeof hello};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  memset(&control, 0, sizeof control);
  struct msghdr message = {.msg_iov = &data,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  struct cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(rights), &session->memfd, sizeof(int));
  return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
         (ssize_t)sizeof hello;
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
  if (session->socket_path[0] == '\0') return;
  const int fd = open_socket(session);
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
