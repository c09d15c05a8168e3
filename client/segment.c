// The process's segment: one sealed memfd, mapped so that fork leaves it out.
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/handshake.h"
#include "client/session.h"

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
  const int fd = tidemark_make_memfd("tidemark", TIDEMARK_SEGMENT_BYTES);
  if (fd < 0) return NULL;
  void* memory = mmap(NULL, TIDEMARK_SEGMENT_BYTES, PROT_READ | PROT_WRITE,
                      MAP_SHARED, fd, 0);
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
