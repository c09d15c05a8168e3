/* What every program of the corpus is: requests served in cycles of load and
 * rest, marked for whoever records. A program is one file and one line in
 * programs.def.
 *
 *   PROGRAM [--seed N] [--cycles N] [--requests N] [--load MS] [--rest MS]
 */
#ifndef TIDEMARK_TESTS_ACCURACY_SOAK_H_
#define TIDEMARK_TESTS_ACCURACY_SOAK_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct soak {
  const char* name;
  void (*start)(void);         /* before the warm-up; may be NULL */
  void (*serve)(long request); /* one request; counted from 0 */
  void (*rest)(void);          /* at each cool-down; may be NULL */
  void (*stop)(void);          /* in the teardown; may be NULL */
};

/* Runs it; returns what main returns. */
int soak_main(int argc, char** argv, const struct soak* program);

/* Requests of the whole run, those of the warm-up too. */
long soak_requests(void);
/* The cycle that runs; -1 in the warm-up. */
int soak_cycle(void);

/* A draw from the seed: low <= n <= high. */
long soak_draw(long low, long high);

/* Fresh memory, every byte of it written. Ends the program when there is
 * none. */
void* soak_block(size_t size);
/* The result of a call that cannot fail; ends the program when it did. */
int soak_check(int result, const char* what);

/* The path of this program's folder with `name` behind it. */
const char* soak_beside(const char* name);

#ifdef __cplusplus
}
#endif

#endif
