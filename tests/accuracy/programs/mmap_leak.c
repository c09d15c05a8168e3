/* Maps a buffer for some requests and never unmaps it. */
#include <string.h>
#include <sys/mman.h>

#include "tests/accuracy/programs/soak.h"

static long one_in;
static size_t size;

static void start(void) {
  one_in = soak_draw(20, 80);
  size = (size_t)soak_draw(4, 16) * 4096;
}

static void serve(long request) {
  char* buffer = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  soak_check(buffer == MAP_FAILED ? -1 : 0, "mmap");
  memset(buffer, 1, size);
  /* Every other page apart, so that the kernel does not join neighbours. */
  mprotect(buffer, 4096, PROT_READ);
  if (request % one_in != 0) munmap(buffer, size);
}

static const struct soak kProgram = {"mmap_leak", start, serve, NULL, NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
