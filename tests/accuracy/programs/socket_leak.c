/* Connections of which the one end is closed and the other is not. */
#include <sys/socket.h>
#include <unistd.h>

#include "tests/accuracy/programs/soak.h"

static long one_in;

static void start(void) { one_in = soak_draw(60, 180); }

static void serve(long request) {
  int pair[2];
  soak_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
             "socketpair");
  close(pair[0]);
  if (request % one_in != 0) close(pair[1]);
}

static const struct soak kProgram = {"socket_leak", start, serve, NULL, NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
