/* The plugin of plugin_leak.c. */
#include <stdlib.h>
#include <string.h>

void handle_request(long size) {
  char* reply = malloc(4096);
  char* forgotten = malloc((size_t)size);
  if (reply == NULL || forgotten == NULL) abort();
  memset(reply, 1, 4096);
  memcpy(forgotten, reply, (size_t)size < 4096 ? (size_t)size : 4096);
  free(reply);
}
