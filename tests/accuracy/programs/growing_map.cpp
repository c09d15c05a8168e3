// Sessions are entered into a map and never taken out: all of it can be
// reached, so that no search for lost pointers finds it.
#include <map>
#include <string>

#include "tests/accuracy/programs/soak.h"

namespace {

std::map<long, std::string> sessions;
size_t each;

void start() { each = static_cast<size_t>(soak_draw(60, 600)); }

void serve(long request) { sessions.emplace(request, std::string(each, 's')); }

constexpr soak kProgram = {"growing_map", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
