/* Copies a path for each request and keeps the last one only. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "tests/accuracy/programs/soak.h"

static char text[1024];
static char* last;

static void start(void) { memset(text, 'x', (size_t)soak_draw(120, 900)); }

static void serve(long request) {
  text[0] = (char)('a' + request % 26);
  last = strdup(text);
  if (last == NULL) abort();
}

static const struct soak kProgram = {"strdup_leak", start, serve, NULL, NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
