/* Leaks a small block of each request: nothing points to it any more. */
#include <stdlib.h>

#include "tests/accuracy/programs/soak.h"

static long leaked;

static void start(void) { leaked = soak_draw(100, 900); }

static void serve(long request) {
  (void)request;
  char* reply = soak_block(4096);
  char* header = soak_block((size_t)leaked);
  reply[0] = header[0];
  free(reply);
}

static const struct soak kProgram = {"per_op_block", start, serve, NULL, NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
