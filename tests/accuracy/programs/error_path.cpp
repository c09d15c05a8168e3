// One request in some dozen fails, and what it had taken by then is lost.
#include <stdexcept>

#include "tests/accuracy/programs/soak.h"

namespace {

long one_in;
size_t size;

void start() {
  one_in = soak_draw(12, 40);
  size = static_cast<size_t>(soak_draw(6'000, 20'000));
}

void fail_sometimes(long request) {
  if (request % one_in == 0) throw std::runtime_error("no such user");
}

void serve(long request) {
  char* buffer = new char[size];
  for (size_t i = 0; i < size; i += 64) buffer[i] = 1;
  try {
    fail_sometimes(request);
    delete[] buffer;
  } catch (const std::runtime_error&) {
    // buffer is forgotten
  }
}

constexpr soak kProgram = {"error_path", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
