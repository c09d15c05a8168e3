/* A pool of files that opens one more when it needs it, up to its bound. */
#include <fcntl.h>
#include <unistd.h>

#include "tests/accuracy/programs/soak.h"

static int pool[64];
static long open_now, bound;

static void start(void) { bound = soak_draw(6, 40); }

static void serve(long request) {
  (void)request;
  if (open_now < bound && soak_draw(0, 40) < 1 + (bound - open_now)) {
    pool[open_now++] =
        soak_check(open("/dev/null", O_RDONLY | O_CLOEXEC), "open");
  }
  char byte;
  if (open_now > 0 && read(pool[soak_draw(0, open_now - 1)], &byte, 1) < 0)
    return;
}

static const struct soak kProgram = {"fd_pool", start, serve, NULL, NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
