/* Takes blocks and gives them back. */
#include <stdlib.h>

#include "tests/accuracy/programs/soak.h"

static void serve(long request) {
  void* blocks[16];
  (void)request;
  for (int i = 0; i < 16; ++i)
    blocks[i] = soak_block((size_t)soak_draw(16, 6000));
  for (int i = 0; i < 16; ++i) free(blocks[i]);
}

static const struct soak kProgram = {"flat", NULL, serve, NULL, NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
