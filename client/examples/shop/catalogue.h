// What the shop sells: made up at the start, never changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shop {

struct Product {
  uint32_t id = 0;
  std::string name;
  std::string description;
  uint32_t cents = 0;
};

class Catalogue {
 public:
  static constexpr uint32_t kPageSize = 20;

  explicit Catalogue(uint32_t count);

  uint32_t pages() const;
  const Product& at(uint32_t id) const { return products_[id % size()]; }
  // JSON; the page wraps around.
  std::string render_page(uint32_t page) const;
  std::string render_product(uint32_t id) const;
  // The first kPageSize products whose name or description has the word.
  std::string search(std::string_view word) const;

 private:
  uint32_t size() const { return static_cast<uint32_t>(products_.size()); }
  std::vector<Product> products_;
};

}  // namespace shop
