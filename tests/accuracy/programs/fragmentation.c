/* Gives back most of each cycle's blocks at its end, and those between that
 * keep the pages a cycle later. */
#include <stdlib.h>

#include "tests/accuracy/programs/soak.h"

enum { kMost = 4096 };
static void* young[kMost];
static void* old[kMost];
static long young_count, old_count;

static void serve(long request) {
  void* blocks[8];
  for (int i = 0; i < 8; ++i)
    blocks[i] = soak_block((size_t)soak_draw(600, 2500));
  for (int i = 1; i < 8; ++i) free(blocks[i]);
  if (request % 2 == 0 && young_count < kMost) {
    young[young_count++] = blocks[0];
  } else {
    free(blocks[0]);
  }
}

static void rest(void) {
  for (long i = 0; i < old_count; ++i) free(old[i]);
  for (long i = 0; i < young_count; ++i) old[i] = young[i];
  old_count = young_count;
  young_count = 0;
}

static const struct soak kProgram = {"fragmentation", NULL, serve, rest, NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
