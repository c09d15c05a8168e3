#include "cart.h"

#include <atomic>
#include <cstring>
#include <utility>

namespace shop {
namespace {

// Keeps the compiler from seeing that nobody needs the block; only the latest
// one can still be reached.
std::atomic<char*> latest_receipt = nullptr;

std::string price(uint32_t cents) {
  return std::to_string(cents / 100) + "." + std::to_string(cents % 100 / 10) +
         std::to_string(cents % 10);
}

}  // namespace

void OrderBook::add(std::string receipt) {
  const std::lock_guard lock(mutex_);
  orders_.push_back(std::move(receipt));
  ++total_;
  if (orders_.size() > kCapacity) orders_.pop_front();
}

uint64_t OrderBook::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

void Cart::add(const Product& product) {
  if (items_.size() < kMaxItems) items_.push_back(&product);
}

std::string Cart::render() const {
  std::string json = "{\"items\":[";
  for (const Product* item : items_) {
    if (json.back() != '[') json += ',';
    json += "\"" + item->name + "\"";
  }
  return json + "]}";
}

[[gnu::noinline]] std::string Cart::checkout(OrderBook& orders, size_t leak) {
  uint32_t cents = 0;
  for (const Product* item : items_) cents += item->cents;
  std::string receipt = "{\"items\":" + std::to_string(items_.size()) +
                        ",\"total\":" + price(cents) + "}";
  items_.clear();
  orders.add(receipt);
  if (leak > 0) {
    char* block = new char[leak];
    std::memset(block, 'r', leak);
    latest_receipt.store(block, std::memory_order_relaxed);
  }
  return receipt;
}

}  // namespace shop
