#include "client/handshake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U  // Linux 6.3
#endif

bool tidemark_find_socket(struct sockaddr_un* address) {
  const char* path = secure_getenv(TIDEMARK_SOCKET_VARIABLE);
  if (path == NULL || *path == '\0') path = TIDEMARK_DEFAULT_SOCKET;
  const size_t length = strlen(path);
  if (length >= sizeof address->sun_path) return false;
  memcpy(address->sun_path, path, length + 1);
  address->sun_family = AF_UNIX;
  return true;
}

int tidemark_open_socket(const struct sockaddr_un* address) {
  if (address->sun_family != AF_UNIX) return -1;
  const int fd =
      socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (connect(fd, (const struct sockaddr*)address, sizeof *address) == 0) {
    return fd;
  }
  close(fd);
  return -1;
}

bool tidemark_send_hello(int socket_fd, struct tidemark_hello* hello,
                         int memfd) {
  hello->magic = TIDEMARK_CHANNEL_MAGIC;
  hello->major = TIDEMARK_CHANNEL_MAJOR;
  hello->minor = TIDEMARK_CHANNEL_MINOR;
  struct iovec data = {.iov_base = hello, .iov_len = sizeof *hello};
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
         (ssize_t)sizeof *hello;
}

// By number: an older libc than the kernel may lack the wrapper.
static int open_memfd(const char* name) {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int fd = (int)syscall(SYS_memfd_create, name, flags | MFD_NOEXEC_SEAL);
  if (fd >= 0 || errno != EINVAL) return fd;
  return (int)syscall(SYS_memfd_create, name, flags);
}

// Growing past RLIMIT_FSIZE would raise SIGXFSZ in a program that did not ask
// for it.
static bool size_allowed(uint64_t bytes) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0) return true;
  if (limit.rlim_cur >= bytes) return true;
  errno = EFBIG;
  return false;
}

int tidemark_make_memfd(const char* name, uint64_t bytes) {
  if (!size_allowed(bytes)) return -1;
  const int fd = open_memfd(name);
  if (fd < 0) return -1;
  if (ftruncate(fd, (off_t)bytes) == 0 &&
      fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
    return fd;
  }
  const int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}
