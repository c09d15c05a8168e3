/* A buffer that is made larger, and then forgotten. */
#include <stdlib.h>
#include <string.h>

#include "tests/accuracy/programs/soak.h"

static long size;

static void start(void) { size = soak_draw(60, 500); }

static void serve(long request) {
  (void)request;
  char* buffer = soak_block((size_t)size);
  char* larger = realloc(buffer, (size_t)size * 2);
  if (larger == NULL) abort();
  memset(larger, 1, (size_t)size * 2);
}

static const struct soak kProgram = {"realloc_leak", start, serve, NULL, NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
