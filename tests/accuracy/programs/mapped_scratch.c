/* A large scratch area for each request, mapped and unmapped. */
#include <string.h>
#include <sys/mman.h>

#include "tests/accuracy/programs/soak.h"

static void serve(long request) {
  const size_t size = (size_t)soak_draw(2, 60) * 4096;
  (void)request;
  char* scratch = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  soak_check(scratch == MAP_FAILED ? -1 : 0, "mmap");
  memset(scratch, 1, size);
  munmap(scratch, size);
}

static const struct soak kProgram = {"mapped_scratch", NULL, serve, NULL, NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
