// Carts of customers, and what they bought last.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "catalogue.h"

namespace shop {

// The last orders; older ones are forgotten.
class OrderBook {
 public:
  static constexpr size_t kCapacity = 1000;

  void add(std::string receipt);
  uint64_t total() const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> orders_;
  uint64_t total_ = 0;
};

class Cart {
 public:
  static constexpr size_t kMaxItems = 16;

  Cart() { items_.reserve(kMaxItems); }
  void add(const Product& product);
  std::string render() const;
  // Buys what is in it. Loses `leak` bytes of memory each time: the fault
  // that Tidemark is shown to find.
  std::string checkout(OrderBook& orders, size_t leak);

 private:
  std::vector<const Product*> items_;
};

// A fixed number of customers; who comes with another number is one of them.
class CartTable {
 public:
  static constexpr size_t kCarts = 1024;

  template <typename Use>
  auto with(uint64_t customer, Use&& use) {
    Slot& slot = slots_[customer % kCarts];
    const std::lock_guard lock(slot.mutex);
    return use(slot.cart);
  }

 private:
  struct Slot {
    std::mutex mutex;
    Cart cart;
  };
  std::array<Slot, kCarts> slots_;
};

}  // namespace shop
