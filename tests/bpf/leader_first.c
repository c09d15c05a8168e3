/* Six threads that work for 4 to 9 ms each, and a leader that ends before any
 * of them. A program by itself, never instrumented: a sanitizer's own thread
 * would outlive the others, and the process would not end. */
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void* work(void* number) {
  struct timespec cpu;
  do {
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
  } while (cpu.tv_nsec < 4000000 + (intptr_t)number * 1000000);
  return 0;
}

int main(void) {
  for (intptr_t i = 0; i < 6; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, 0, work, (void*)i) != 0) return 1;
    pthread_detach(thread);
  }
  syscall(SYS_exit, 0); /* of this thread alone */
  return 1;
}
