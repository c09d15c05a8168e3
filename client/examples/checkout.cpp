#include <tidemark/tidemark.hpp>

int main() {
  const tidemark::Session session("checkout");
  tidemark::Op request(session, "request");
  const tidemark::SpanName payment(session, "payment");
  const tidemark::Run run(session, "soak");
  for (int cycle = 0; cycle < 3; ++cycle) {
    {
      const tidemark::Phase phase(session, "steady", tidemark::Kind::steady);
      for (int i = 0; i < 1000; ++i) {
        const tidemark::Span timing(payment);  // an exception: an error
        ++request;
      }
    }
    const tidemark::Phase rest(session, "rest", tidemark::Kind::cooldown);
    session.quiesce(std::chrono::seconds(2));
  }
}
