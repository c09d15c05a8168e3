/* A soak test in C: warm-up, then cycles of work and rest.
 *
 *   tidemark record -- soak_c 12
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tidemark/tidemark.h>

enum { kOpsPerPhase = 20000, kBlock = 512 };

static size_t work(tidemark_session* session, tidemark_metric op,
                   tidemark_metric span) {
  size_t sum = 0;
  for (int i = 0; i < kOpsPerPhase; ++i) {
    tidemark_span_state timing = tidemark_span_begin(session, span);
    char* block = malloc(kBlock);
    if (block != NULL) {
      memset(block, i, kBlock);
      sum += (unsigned char)block[i % kBlock];
    } else {
      tidemark_failed(session, op, 1);
    }
    free(block);
    tidemark_span_end(session, timing, block != NULL);
    tidemark_done(session, op, 1);
  }
  return sum;
}

int main(int argc, char** argv) {
  const int cycles = argc > 1 ? atoi(argv[1]) : 3;
  tidemark_session* session = tidemark_open("soak_c", 0);
  tidemark_metric op = tidemark_op(session, "block");
  tidemark_metric span = tidemark_span(session, "block");
  size_t sum = 0;
  tidemark_run_begin(session, "soak");
  uint64_t phase = tidemark_phase_begin(session, "warmup", TIDEMARK_WARMUP);
  sum += work(session, op, span);
  tidemark_phase_end(session, phase);
  for (int i = 0; i < cycles; ++i) {
    phase = tidemark_phase_begin(session, "steady", TIDEMARK_STEADY);
    sum += work(session, op, span);
    tidemark_phase_end(session, phase);
    phase = tidemark_phase_begin(session, "rest", TIDEMARK_COOLDOWN);
    tidemark_quiesce(session, 2000);
    tidemark_phase_end(session, phase);
  }
  tidemark_run_end(session, TIDEMARK_RUN_OK);
  printf("%d cycles, sum %zu, %llu marks dropped\n", cycles, sum,
         (unsigned long long)tidemark_dropped(session));
  tidemark_close(session);
  return 0;
}
