/* An LTTng-UST event with what a mark carries: a kind, a handle, a name. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER tidemark_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "bench/mark_tracepoint.h"

#if !defined(TIDEMARK_BENCH_MARK_TRACEPOINT_H_) || \
    defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define TIDEMARK_BENCH_MARK_TRACEPOINT_H_

#include <lttng/tracepoint.h>
#include <stdint.h>

LTTNG_UST_TRACEPOINT_EVENT(
    tidemark_bench, mark,
    LTTNG_UST_TP_ARGS(int, kind, uint64_t, handle, const char*, name),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(int, kind, kind)
                            lttng_ust_field_integer(uint64_t, handle, handle)
                                lttng_ust_field_string(name, name)))

#endif /* TIDEMARK_BENCH_MARK_TRACEPOINT_H_ */

#include <lttng/tracepoint-event.h>
