#include "shop.h"

namespace shop {

Shop::Shop(const tidemark::Session& session, size_t leak)
    : leak_(leak),
      requests_(session, "request"),
      routes_{{"/products", &Shop::products, {session, "products"}},
              {"/product", &Shop::product, {session, "product"}},
              {"/search", &Shop::search, {session, "search"}},
              {"/cart", &Shop::cart, {session, "cart"}},
              {"/cart/add", &Shop::add, {session, "cart_add"}},
              {"/checkout", &Shop::checkout, {session, "checkout"}},
              {"/visit", &Shop::visit, {session, "visit"}}} {
  requests_.make_primary();
}

Response Shop::serve(const Request& request, uint64_t visitor) {
  ++requests_;
  for (const Route& route : routes_) {
    if (request.path != route.path) continue;
    const tidemark::Span span(route.span);
    const uint64_t customer =
        query_number(request.query, "customer").value_or(visitor);
    return {200, (this->*route.handler)(request, customer)};
  }
  requests_.failed();
  return {404, "{\"error\":\"no such page\"}"};
}

std::string Shop::products(const Request& request, uint64_t /*customer*/) {
  const uint64_t wanted = query_number(request.query, "page").value_or(0);
  const auto page = static_cast<uint32_t>(wanted % catalogue_.pages());
  return cache_.get("products/" + std::to_string(page),
                    [&] { return catalogue_.render_page(page); });
}

std::string Shop::product(const Request& request, uint64_t customer) {
  const uint64_t id = query_number(request.query, "id").value_or(customer);
  return catalogue_.render_product(static_cast<uint32_t>(id));
}

std::string Shop::search(const Request& request, uint64_t /*customer*/) {
  return catalogue_.search(query_text(request.query, "q"));
}

std::string Shop::cart(const Request& /*request*/, uint64_t customer) {
  return carts_.with(customer, [](const Cart& cart) { return cart.render(); });
}

std::string Shop::add(const Request& request, uint64_t customer) {
  const uint64_t id = query_number(request.query, "product").value_or(customer);
  return carts_.with(customer, [&](Cart& cart) {
    cart.add(catalogue_.at(static_cast<uint32_t>(id)));
    return cart.render();
  });
}

std::string Shop::checkout(const Request& /*request*/, uint64_t customer) {
  return carts_.with(customer,
                     [&](Cart& cart) { return cart.checkout(orders_, leak_); });
}

std::string Shop::visit(const Request& request, uint64_t customer) {
  const std::string page = products(request, customer);
  add(request, customer);
  add(request, customer + 1);
  const std::string receipt = checkout(request, customer);
  return "{\"seen\":" + std::to_string(page.size()) +
         ",\"receipt\":" + receipt + "}";
}

}  // namespace shop
