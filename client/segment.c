// The process's segment: one sealed memfd, mapped so that fork leaves it out.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/session.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U  // Linux 6.3
#endif

// By number: an older libc than the kernel may lack the wrapper.
static int make_memfd(void) {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int fd = (int)syscall(SYS_memfd_create, "tidemark", flags | MFD_NOEXEC_SEAL);
  if (fd < 0 && errno == EINVAL) {
    fd = (int)syscall(SYS_memfd_create, "tidemark", flags);
  }
  return fd;
}

// Growing past RLIMIT_FSIZE would raise SIGXFSZ in a program that did not ask
// for it.
static bool size_allowed(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0) return true;
  if (limit.rlim_cur >= TIDEMARK_SEGMENT_BYTES) return true;
  errno = EFBIG;
  return false;
}

static bool size_and_seal(int fd) {
  return size_allowed() && ftruncate(fd, TIDEMARK_SEGMENT_BYTES) == 0 &&
         fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

void tidemark_segment_name(struct tidemark_session* session,
                           struct tidemark_segment* segment, uint32_t index) {
  const struct metric* metric = &session->metrics[index];
  struct tidemark_name* name = &segment->names[index];
  name->kind = metric->kind;
  name->length = metric->length;
  name->histogram = metric->histogram;
  memcpy(name->text, metric->text, metric->length);
  __atomic_store_n(&segment->header.name_count, index + 1, __ATOMIC_RELEASE);
}

static void fill(struct tidemark_session* session,
                 struct tidemark_segment* segment) {
  struct tidemark_header* header = &segment->header;
  header->major = TIDEMARK_CHANNEL_MAJOR;
  header->minor = TIDEMARK_CHANNEL_MINOR;
  header->segment_bytes = TIDEMARK_SEGMENT_BYTES;
  header->lanes_used = 1;
  header->primary = session->primary;
  header->nested = __atomic_exchange_n(&session->lost, 0, __ATOMIC_RELAXED);
  const uint32_t count =
      __atomic_load_n(&session->metric_count, __ATOMIC_ACQUIRE);
  for (uint32_t i = 0; i < count; ++i) {
    tidemark_segment_name(session, segment, i);
  }
  __atomic_store_n(&header->magic, TIDEMARK_CHANNEL_MAGIC, __ATOMIC_RELEASE);
}

struct tidemark_segment* tidemark_segment_create(
    struct tidemark_session* session) {
  const int fd = make_memfd();
  if (fd < 0) return NULL;
  void* memory = MAP_FAILED;
  if (size_and_seal(fd)) {
    memory = mmap(NULL, TIDEMARK_SEGMENT_BYTES, PROT_READ | PROT_WRITE,
                  MAP_SHARED, fd, 0);
  }
  if (memory == MAP_FAILED) {
    const int saved = errno;
    close(fd);
    errno = saved;
    return NULL;
  }
  // A child must not write into its parent's lanes.
  madvise(memory, TIDEMARK_SEGMENT_BYTES, MADV_DONTFORK);
  fill(session, memory);
  session->memfd = fd;
  return memory;
}
