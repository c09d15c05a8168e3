#define _GNU_SOURCE
#include "tests/accuracy/programs/soak.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tidemark/tidemark.h>
#include <time.h>
#include <unistd.h>

enum { kSlices = 20 };

static struct {
  uint64_t random;
  int cycles, cycle;
  long requests, served;
  long load_ms, rest_ms;
  tidemark_session* session;
  tidemark_metric request;
} soak = {1, 14, -1, 400, 0, 500, 250, NULL, 0};

static void pause_for(long milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  while (nanosleep(&time, &time) != 0) {
  }
}

static long* option_named(const char* name) {
  static long seed, cycles;
  if (strcmp(name, "--seed") == 0) return &seed;
  if (strcmp(name, "--cycles") == 0) return &cycles;
  if (strcmp(name, "--requests") == 0) return &soak.requests;
  if (strcmp(name, "--load") == 0) return &soak.load_ms;
  if (strcmp(name, "--rest") == 0) return &soak.rest_ms;
  return NULL;
}

static void take_options(int argc, char** argv) {
  for (int i = 1; i < argc; i += 2) {
    long* value = option_named(argv[i]);
    if (value == NULL || i + 1 == argc) {
      fprintf(stderr, "%s: unknown option, or one without value: %s\n", argv[0],
              argv[i]);
      exit(64);
    }
    *value = atol(argv[i + 1]);
  }
  if (*option_named("--cycles") > 0) {
    soak.cycles = (int)*option_named("--cycles");
  }
  soak.random =
      (uint64_t)*option_named("--seed") * 2654435761U + 88172645463325252U;
  for (int i = 0; i < 8; ++i) soak_draw(0, 1);
}

static void mark(const char* name, enum tidemark_phase_kind kind,
                 uint64_t* phase) {
  if (*phase != 0) tidemark_phase_end(soak.session, *phase);
  *phase = name != NULL ? tidemark_phase_begin(soak.session, name, kind) : 0;
}

static void load(const struct soak* program) {
  for (int slice = 0; slice < kSlices; ++slice) {
    for (long i = 0; i < soak.requests / kSlices; ++i) {
      program->serve(soak.served++);
      tidemark_done(soak.session, soak.request, 1);
    }
    pause_for(soak.load_ms / kSlices);
  }
}

static void rest(const struct soak* program) {
  if (program->rest != NULL) program->rest();
  tidemark_quiesce(soak.session, 1000);
  pause_for(soak.rest_ms);
}

int soak_main(int argc, char** argv, const struct soak* program) {
  uint64_t phase = 0;
  take_options(argc, argv);
  soak.session = tidemark_open(program->name, 0);
  soak.request = tidemark_op(soak.session, "request");
  tidemark_run_begin(soak.session, program->name);
  if (program->start != NULL) program->start();
  mark("warmup", TIDEMARK_WARMUP, &phase);
  load(program);
  mark("settle", TIDEMARK_WARMUP, &phase);
  rest(program);
  for (soak.cycle = 0; soak.cycle < soak.cycles; ++soak.cycle) {
    mark("load", TIDEMARK_LOAD, &phase);
    load(program);
    mark("rest", TIDEMARK_COOLDOWN, &phase);
    rest(program);
  }
  mark("teardown", TIDEMARK_TEARDOWN, &phase);
  if (program->stop != NULL) program->stop();
  pause_for(soak.rest_ms);
  mark(NULL, TIDEMARK_CUSTOM, &phase);
  tidemark_run_end(soak.session, TIDEMARK_RUN_OK);
  tidemark_close(soak.session);
  return 0;
}

long soak_requests(void) { return soak.requests * (soak.cycles + 1); }

int soak_cycle(void) { return soak.cycle; }

long soak_draw(long low, long high) {
  soak.random ^= soak.random << 13;
  soak.random ^= soak.random >> 7;
  soak.random ^= soak.random << 17;
  return low + (long)(soak.random % (uint64_t)(high - low + 1));
}

void* soak_block(size_t size) {
  void* block = malloc(size);
  if (block == NULL) {
    perror("malloc");
    exit(1);
  }
  memset(block, 0x5a, size);
  return block;
}

int soak_check(int result, const char* what) {
  if (result < 0) {
    perror(what);
    exit(1);
  }
  return result;
}

const char* soak_beside(const char* name) {
  static char path[PATH_MAX + 256];
  const ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
  path[length > 0 ? length : 0] = '\0';
  char* slash = strrchr(path, '/');
  snprintf(slash != NULL ? slash + 1 : path, 256, "%s", name);
  return path;
}
