/* Preloaded: the Nth call of one kind on a recording fails with EIO, and so do
 * all that follow it.
 *   TIDEMARK_FAULT=pwrite64:3   also fdatasync, open64 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_int calls;

static int is_recording(const char* path) {
  const char* end = strstr(path, ".tmk");
  return end != NULL && end[4] == 0;
}

static int is_open_recording(int fd) {
  char link[64], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return is_recording(path);
}

static int fails(const char* call) {
  const char* wanted = getenv("TIDEMARK_FAULT");
  const size_t length = strlen(call);
  if (wanted == NULL || strncmp(wanted, call, length) != 0 ||
      wanted[length] != ':') {
    return 0;
  }
  if (atomic_fetch_add(&calls, 1) + 1 < atoi(wanted + length + 1)) return 0;
  errno = EIO;
  return 1;
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  ssize_t (*real)(int, const void*, size_t, off64_t) = (ssize_t(*)(
      int, const void*, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
  if (is_open_recording(fd) && fails("pwrite64")) {
    /* Half of it, as a disk may that dies in the middle. */
    return size > 1 && atomic_load(&calls) % 2 == 0
               ? real(fd, bytes, size / 2, at)
               : -1;
  }
  return real(fd, bytes, size, at);
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  return pwrite64(fd, bytes, size, at);
}

int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return is_open_recording(fd) && fails("fdatasync") ? -1 : real(fd);
}

int open64(const char* path, int flags, ...) {
  int (*real)(const char*, int, ...) =
      (int (*)(const char*, int, ...))dlsym(RTLD_NEXT, "open64");
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  if ((flags & O_CREAT) != 0 && is_recording(path) && fails("open64"))
    return -1;
  return real(path, flags, mode);
}

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open64(path, flags, mode);
}
