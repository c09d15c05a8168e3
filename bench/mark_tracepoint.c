/* The LTTng-UST side of bench/mark, in C as its macros want it. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "bench/mark_tracepoint.h"

void bench_tracepoint(uint64_t handle);
int bench_tracepoint_enabled(void);

void bench_tracepoint(uint64_t handle) {
  lttng_ust_tracepoint(tidemark_bench, mark, 4, handle, "steady");
}

int bench_tracepoint_enabled(void) {
  return lttng_ust_tracepoint_enabled(tidemark_bench, mark);
}
