// The shop itself: a request in, a response out, counted and timed.
//
//   /products?page=N   /product?id=N   /search?q=WORD
//   /cart/add?product=N   /cart   /checkout   all with ?customer=N
//   /visit   a customer who looks, buys and leaves: all of the above in one
#pragma once

#include <cstddef>
#include <tidemark/tidemark.hpp>

#include "cart.h"
#include "catalogue.h"
#include "http.h"
#include "page_cache.h"

namespace shop {

class Shop {
 public:
  // `leak`: bytes lost per checkout.
  Shop(const tidemark::Session& session, size_t leak);

  // `visitor` tells customers apart that do not say who they are.
  Response serve(const Request& request, uint64_t visitor);
  uint64_t orders() const { return orders_.total(); }

 private:
  using Handler = std::string (Shop::*)(const Request&, uint64_t customer);
  struct Route {
    const char* path;
    Handler handler;
    tidemark::SpanName span;
  };

  std::string products(const Request& request, uint64_t customer);
  std::string product(const Request& request, uint64_t customer);
  std::string search(const Request& request, uint64_t customer);
  std::string cart(const Request& request, uint64_t customer);
  std::string add(const Request& request, uint64_t customer);
  std::string checkout(const Request& request, uint64_t customer);
  std::string visit(const Request& request, uint64_t customer);

  Catalogue catalogue_{2000};
  PageCache cache_{64};
  CartTable carts_;
  OrderBook orders_;
  size_t leak_;
  tidemark::Op requests_;
  Route routes_[7];
};

}  // namespace shop
