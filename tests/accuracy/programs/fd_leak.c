/* Opens a file for some requests and forgets it. */
#include <fcntl.h>
#include <unistd.h>

#include "tests/accuracy/programs/soak.h"

static long one_in;

static void start(void) { one_in = soak_draw(60, 180); }

static void serve(long request) {
  const int file = soak_check(open("/dev/null", O_RDONLY | O_CLOEXEC), "open");
  if (request % one_in != 0) close(file);
}

static const struct soak kProgram = {"fd_leak", start, serve, NULL, NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
