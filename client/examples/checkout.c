#include <tidemark/tidemark.h>

int main(void) {
  tidemark_session* s = tidemark_open("checkout", 0);
  tidemark_metric request = tidemark_op(s, "request");
  tidemark_run_begin(s, "soak");
  for (int cycle = 0; cycle < 3; ++cycle) {
    uint64_t steady = tidemark_phase_begin(s, "steady", TIDEMARK_STEADY);
    for (int i = 0; i < 1000; ++i) tidemark_done(s, request, 1);
    tidemark_phase_end(s, steady);
    uint64_t rest = tidemark_phase_begin(s, "rest", TIDEMARK_COOLDOWN);
    tidemark_quiesce(s, 2000); /* ms: until memory is stable */
    tidemark_phase_end(s, rest);
  }
  tidemark_run_end(s, TIDEMARK_RUN_OK);
  tidemark_close(s);
}
