/* A child for some requests, waited for. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/accuracy/programs/soak.h"

static void serve(long request) {
  void* work = soak_block((size_t)soak_draw(1000, 20000));
  if (request % 20 == 0) {
    const pid_t child = soak_check(fork(), "fork");
    if (child == 0) _exit(0);
    waitpid(child, NULL, 0);
  }
  free(work);
}

static const struct soak kProgram = {"fork_per_request", NULL, serve, NULL,
                                     NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
