// Each request adds a listener and none is ever taken away.
#include <functional>
#include <memory>
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

struct Request {
  std::vector<char> body;
};
std::vector<std::function<size_t()>> listeners;
size_t body;

void start() { body = static_cast<size_t>(soak_draw(100, 700)); }

void serve(long) {
  auto request = std::make_shared<Request>(Request{std::vector<char>(body)});
  listeners.emplace_back([request] { return request->body.size(); });
}

constexpr soak kProgram = {"listeners", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
