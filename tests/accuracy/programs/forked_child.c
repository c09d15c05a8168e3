/* The child that was forked at the start does the work, and leaks. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/accuracy/programs/soak.h"

static int to_child[2], from_child[2];
static pid_t child;

static void work(long leaked) {
  char byte;
  while (read(to_child[0], &byte, 1) == 1) {
    soak_block((size_t)leaked);
    if (write(from_child[1], &byte, 1) != 1) break;
  }
  _exit(0);
}

static void start(void) {
  const long leaked = soak_draw(150, 900);
  soak_check(pipe(to_child), "pipe");
  soak_check(pipe(from_child), "pipe");
  child = soak_check(fork(), "fork");
  if (child == 0) {
    close(to_child[1]);
    work(leaked);
  }
  close(to_child[0]);
}

static void serve(long request) {
  char byte = (char)request;
  if (write(to_child[1], &byte, 1) != 1 || read(from_child[0], &byte, 1) != 1) {
    exit(1);
  }
}

static void stop(void) {
  close(to_child[1]);
  waitpid(child, NULL, 0);
}

static const struct soak kProgram = {"forked_child", start, serve, NULL, stop};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
