/* Children that nobody waits for. */
#include <sys/wait.h>
#include <unistd.h>

#include "tests/accuracy/programs/soak.h"

static long one_in;

static void start(void) { one_in = soak_draw(3, 8) * 20; }

static void serve(long request) {
  if (request % 20 != 0) return;
  const pid_t child = soak_check(fork(), "fork");
  if (child == 0) _exit(0);
  if (request % one_in != 0) waitpid(child, NULL, 0);
}

static const struct soak kProgram = {"zombie_leak", start, serve, NULL, NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
