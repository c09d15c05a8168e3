// Probes for bpftrace, perf and SystemTap: usdt:PATH:tidemark:phase_begin. One
// nop each while nobody looks; nothing where <sys/sdt.h> is not installed.
//
//   run_begin    name
//   run_end      status
//   phase_begin  name, kind, handle
//   phase_end    name or NULL, handle or 0
//   note         text
#ifndef TIDEMARK_CLIENT_USDT_H_
#define TIDEMARK_CLIENT_USDT_H_

#if defined(__has_include)
#if __has_include(<sys/sdt.h>)
#define TIDEMARK_HAS_USDT 1
#endif
#endif

#ifdef TIDEMARK_HAS_USDT
#include <sys/sdt.h>
// Its macros leave `...` without an argument, which -Wpedantic minds.
#ifdef __clang__
#if __has_warning("-Wc23-extensions")
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif
#endif
#define USDT1(name, a) STAP_PROBE1(tidemark, name, a)
#define USDT2(name, a, b) STAP_PROBE2(tidemark, name, a, b)
#define USDT3(name, a, b, c) STAP_PROBE3(tidemark, name, a, b, c)
#else
#define USDT1(name, a) ((void)0)
#define USDT2(name, a, b) ((void)0)
#define USDT3(name, a, b, c) ((void)0)
#endif

#endif  // TIDEMARK_CLIENT_USDT_H_
