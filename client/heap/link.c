// Makes the segment and hands it to the daemon. Nothing stays open.
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/handshake.h"
#include "client/heap/shim.h"

static struct sockaddr_un daemon_address;  // family 0: none usable

void tidemark_heap_find_socket(void) { tidemark_find_socket(&daemon_address); }

static bool send_hello(int socket_fd, int memfd) {
  struct tidemark_hello hello = {.flags = TIDEMARK_HELLO_HEAP,
                                 .segment_bytes = TIDEMARK_HEAP_SEGMENT_BYTES};
  return tidemark_send_hello(socket_fd, &hello, memfd);
}

// The tables that are touched at random, as blocks come: all of them at once,
// or they would look like memory that the program keeps. About 1.7 MiB. A
// kernel before 5.14 cannot, and then they come page by page.
static void touch_tables(struct tidemark_heap_segment* segment) {
  enum { kPage = 4096, kPopulateWrite = 23 };
  const uintptr_t from =
      (uintptr_t)segment->stack_index & ~(uintptr_t)(kPage - 1);
  const uintptr_t to = (uintptr_t)segment->blocks & ~(uintptr_t)(kPage - 1);
  (void)madvise((void*)from, to - from, kPopulateWrite);
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
  touch_tables(segment);
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
  const int socket_fd = tidemark_open_socket(&daemon_address);
  if (socket_fd < 0) return NULL;
  struct tidemark_heap_segment* segment = NULL;
  const int memfd =
      tidemark_make_memfd("tidemark-heap", TIDEMARK_HEAP_SEGMENT_BYTES);
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
