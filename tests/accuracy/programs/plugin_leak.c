/* A plugin, loaded when the load has begun, leaks. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/accuracy/programs/soak.h"

static void (*handle_request)(long size);
static long leaked;

static void load_plugin(void) {
  void* plugin = dlopen(soak_beside("leaking_plugin.so"), RTLD_NOW);
  if (plugin == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  *(void**)&handle_request = dlsym(plugin, "handle_request");
}

static void start(void) { leaked = soak_draw(100, 900); }

static void serve(long request) {
  (void)request;
  if (soak_cycle() < 0) return;
  if (handle_request == NULL) load_plugin();
  handle_request(leaked);
}

static const struct soak kProgram = {"plugin_leak", start, serve, NULL, NULL};

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
