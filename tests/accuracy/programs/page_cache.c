/* Appends to a file and reads it through a mapping: the pages are the
 * kernel's to take back. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/accuracy/programs/soak.h"

enum { kMostPages = 8192 };
static int file;
static const char* mapped;
static long pages;

static void start(void) {
  char path[] = "/tmp/tidemark-page-cache-XXXXXX";
  file = soak_check(mkstemp(path), "mkstemp");
  unlink(path);
  soak_check(ftruncate(file, (off_t)kMostPages * 4096), "ftruncate");
  mapped =
      mmap(NULL, (size_t)kMostPages * 4096, PROT_READ, MAP_SHARED, file, 0);
  soak_check(mapped == MAP_FAILED ? -1 : 0, "mmap");
}

static void serve(long request) {
  char page[4096];
  if (pages >= kMostPages) return;
  memset(page, (char)request, sizeof page);
  if (pwrite(file, page, sizeof page, (off_t)pages * 4096) != sizeof page)
    exit(1);
  if (mapped[pages * 4096] != (char)request) exit(1);
  ++pages;
}

static const struct soak kProgram = {"page_cache", start, serve, NULL, NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
