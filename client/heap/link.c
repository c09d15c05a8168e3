// Makes the segment and hands it to the daemon. Nothing stays open.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/channel.h"
#include "client/heap/shim.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U  // Linux 6.3
#endif

static struct sockaddr_un daemon_address;  // family 0: none usable

void tidemark_heap_find_socket(void) {
  const char* path = secure_getenv(TIDEMARK_SOCKET_VARIABLE);
  if (path == NULL || *path == '\0') path = TIDEMARK_DEFAULT_SOCKET;
  const size_t length = strlen(path);
  if (length >= sizeof daemon_address.sun_path) return;
  memcpy(daemon_address.sun_path, path, length + 1);
  daemon_address.sun_family = AF_UNIX;
}

static int open_socket(void) {
  if (daemon_address.sun_family != AF_UNIX) return -1;
  const int fd =
      socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (connect(fd, (struct sockaddr*)&daemon_address, sizeof daemon_address) ==
      0) {
    return fd;
  }
  close(fd);
  return -1;
}

static int make_memfd(void) {
  // Growing past RLIMIT_FSIZE would raise SIGXFSZ.
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
      limit.rlim_cur < TIDEMARK_HEAP_SEGMENT_BYTES) {
    return -1;
  }
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int fd =
      (int)syscall(SYS_memfd_create, "tidemark-heap", flags | MFD_NOEXEC_SEAL);
  if (fd < 0) fd = (int)syscall(SYS_memfd_create, "tidemark-heap", flags);
  if (fd < 0) return -1;
  if (ftruncate(fd, TIDEMARK_HEAP_SEGMENT_BYTES) == 0 &&
      fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
    return fd;
  }
  close(fd);
  return -1;
}

static bool send_hello(int socket_fd, int memfd) {
  struct tidemark_hello hello = {.magic = TIDEMARK_CHANNEL_MAGIC,
                                 .major = TIDEMARK_CHANNEL_MAJOR,
                                 .minor = TIDEMARK_CHANNEL_MINOR,
                                 .flags = TIDEMARK_HELLO_HEAP,
                                 .segment_bytes = TIDEMARK_HEAP_SEGMENT_BYTES};
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
  memcpy(CMSG_DATA(rights), &memfd, sizeof(int));
  return sendmsg(socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
         (ssize_t)sizeof hello;
}

static struct tidemark_heap_segment* map(int memfd, uint64_t period) {
  void* memory = mmap(NULL, TIDEMARK_HEAP_SEGMENT_BYTES, PROT_READ | PROT_WRITE,
                      MAP_SHARED, memfd, 0);
  if (memory == MAP_FAILED) return NULL;
  // A child must not write into its parent's tables.
  if (madvise(memory, TIDEMARK_HEAP_SEGMENT_BYTES, MADV_DONTFORK) != 0) {
    munmap(memory, TIDEMARK_HEAP_SEGMENT_BYTES);
    return NULL;
  }
  struct tidemark_heap_segment* segment = memory;
  segment->header.major = TIDEMARK_HEAP_MAJOR;
  segment->header.minor = TIDEMARK_HEAP_MINOR;
  segment->header.segment_bytes = TIDEMARK_HEAP_SEGMENT_BYTES;
  segment->header.period = period;
  segment->header.row_count = 1;
  segment->rows[0].stack = TIDEMARK_HEAP_NO_STACK;
  segment->rows[0].ready = 1;
  __atomic_store_n(&segment->header.magic, TIDEMARK_HEAP_MAGIC,
                   __ATOMIC_RELEASE);
  return segment;
}

struct tidemark_heap_segment* tidemark_heap_connect(uint64_t period) {
  const int socket_fd = open_socket();
  if (socket_fd < 0) return NULL;
  struct tidemark_heap_segment* segment = NULL;
  const int memfd = make_memfd();
  if (memfd >= 0) {
    segment = map(memfd, period);
    if (segment != NULL && !send_hello(socket_fd, memfd)) {
      munmap(segment, TIDEMARK_HEAP_SEGMENT_BYTES);
      segment = NULL;
    }
    close(memfd);
  }
  close(socket_fd);
  return segment;
}
