// A plugin that leaks.
#include <stdlib.h>

static void* volatile kept;

__attribute__((noinline)) void site_plugin_leak(void) { kept = malloc(77); }
