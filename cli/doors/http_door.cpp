// POST /v1/mark: RFC 9112 by Boost.Beast's parser.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "cli/doors/door.h"
#include "cli/doors/stream_server.h"
#include "cli/mark_json.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

constexpr size_t kMaxBody = 64 * 1024;
constexpr uint32_t kMaxHeader = 8 * 1024;

std::string answer(std::string_view status, std::string_view text,
                   bool keep_alive) {
  std::string out = "HTTP/1.1 ";
  out += status;
  out += "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ";
  out += std::to_string(text.size());
  out += keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
  out += text;
  return out;
}

// "localhost", "127.0.0.1" or "[::1]", with or without a port: a name that was
// made to resolve to this host is not ours.
bool is_loopback_host(std::string_view host) {
  for (const std::string_view known : {"localhost", "127.0.0.1", "[::1]"}) {
    if (!host.starts_with(known)) continue;
    host.remove_prefix(known.size());
    return host.empty() || host.front() == ':';
  }
  return false;
}

class HttpHandler final : public StreamHandler {
 public:
  explicit HttpHandler(tidemark_session* session) : session_(session) {
    begin();
  }

  bool on_bytes(std::string& in, std::string& out) override {
    while (!in.empty()) {
      beast::error_code error;
      const size_t used =
          parser_->put(boost::asio::buffer(in.data(), in.size()), error);
      in.erase(0, used);
      if (error == http::error::need_more) return true;
      if (error) return refuse(error, out);
      if (!parser_->is_done()) {
        if (used == 0) return true;
        continue;
      }
      const bool keep_alive = parser_->get().keep_alive();
      out += serve(keep_alive);
      begin();
      if (!keep_alive) return false;
    }
    return true;
  }
  bool on_time(BootTime, std::string&) override { return true; }

 private:
  void begin() {
    parser_.emplace();
    parser_->body_limit(kMaxBody);
    parser_->header_limit(kMaxHeader);
    parser_->eager(true);
  }
  static bool refuse(const beast::error_code& error, std::string& out) {
    const bool big =
        error == http::error::body_limit || error == http::error::header_limit;
    out += big ? answer("413 Content Too Large", "at most 64 KiB\n", false)
               : answer("400 Bad Request", error.message() + "\n", false);
    return false;
  }

  std::string serve(bool keep_alive) {
    const auto& request = parser_->get();
    const auto host = request[http::field::host];
    // A page in a browser can send here too; it says where it is from.
    if (request.find(http::field::origin) != request.end() ||
        !is_loopback_host(std::string_view(host.data(), host.size()))) {
      return answer("403 Forbidden", "only programs on this host\n", false);
    }
    if (request.target() != "/v1/mark") {
      return answer("404 Not Found", "POST /v1/mark\n", keep_alive);
    }
    if (request.method() != http::verb::post) {
      return answer("405 Method Not Allowed", "POST /v1/mark\n", keep_alive);
    }
    const std::string wrong = speak_lines(request.body());
    if (wrong.empty()) return answer("200 OK", "", keep_alive);
    return answer("400 Bad Request", wrong, keep_alive);
  }
  // What is wrong, one line each; the other lines were said.
  std::string speak_lines(std::string_view body) {
    std::string wrong;
    for (size_t number = 1; !body.empty(); ++number) {
      const size_t length = std::min(body.find('\n'), body.size());
      const std::string_view line = body.substr(0, length);
      body.remove_prefix(std::min(length + 1, body.size()));
      const Status said = speak_mark_text(line, session_);
      if (said) continue;
      wrong += "line " + std::to_string(number) + ": " +
               sanitize_terminal(said.error().what) + "\n";
    }
    return wrong;
  }

  tidemark_session* session_;
  std::optional<http::request_parser<http::string_body>> parser_;
};

}  // namespace

Result<std::unique_ptr<Door>> open_http_door(const std::string& where,
                                             DoorContext context) {
  TIDEMARK_TRY(auto server,
               StreamServer::open(where, context.loop, {}, [context] {
                 return std::make_unique<HttpHandler>(context.session);
               }));
  return server;
}

}  // namespace tidemark
