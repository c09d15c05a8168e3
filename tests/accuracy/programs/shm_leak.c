/* Segments of shared memory that are made for some requests, and stay. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/accuracy/programs/soak.h"

static long one_in;
static size_t size;

static void start(void) {
  one_in = soak_draw(20, 60);
  size = (size_t)soak_draw(4, 16) * 4096;
}

static void serve(long request) {
  const int file = soak_check(memfd_create("segment", MFD_CLOEXEC), "memfd");
  soak_check(ftruncate(file, (off_t)size), "ftruncate");
  void* at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  soak_check(at == MAP_FAILED ? -1 : 0, "mmap");
  memset(at, 1, size);
  close(file);
  if (request % one_in != 0) munmap(at, size);
}

static const struct soak kProgram = {"shm_leak", start, serve, NULL, NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
