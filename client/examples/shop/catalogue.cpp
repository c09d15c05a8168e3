#include "catalogue.h"

#include <array>
#include <cstdio>

namespace shop {
namespace {

constexpr std::array<const char*, 8> kMaterials = {
    "oak", "steel", "linen", "glass", "cork", "brass", "wool", "slate"};
constexpr std::array<const char*, 9> kThings = {"chair",   "lamp",   "kettle",
                                                "blanket", "shelf",  "clock",
                                                "bowl",    "mirror", "stool"};

void append(std::string& json, const Product& product) {
  char figures[64];
  std::snprintf(figures, sizeof figures, "{\"id\":%u,\"price\":%u.%02u,",
                product.id, product.cents / 100, product.cents % 100);
  json += figures;
  json += "\"name\":\"" + product.name + "\",\"description\":\"" +
          product.description + "\"}";
}

void append_listed(std::string& json, const Product& product) {
  if (json.back() != '[') json += ',';
  append(json, product);
}

}  // namespace

Catalogue::Catalogue(uint32_t count) {
  products_.reserve(count);
  for (uint32_t id = 0; id < count; ++id) {
    const std::string material = kMaterials[id % kMaterials.size()];
    const std::string thing = kThings[id % kThings.size()];
    products_.push_back({id, material + " " + thing + " " + std::to_string(id),
                         "a " + thing + " made of " + material + ", no. " +
                             std::to_string(id * 7919 % count),
                         499 + id * 37 % 20'000});
  }
}

uint32_t Catalogue::pages() const {
  return (size() + kPageSize - 1) / kPageSize;
}

std::string Catalogue::render_page(uint32_t page) const {
  std::string json = "{\"products\":[";
  for (uint32_t i = 0; i < kPageSize; ++i) {
    append_listed(json, at(page * kPageSize + i));
  }
  return json + "]}";
}

std::string Catalogue::render_product(uint32_t id) const {
  std::string json;
  append(json, at(id));
  return json;
}

std::string Catalogue::search(std::string_view word) const {
  std::string json = "{\"found\":[";
  uint32_t found = 0;
  for (const Product& product : products_) {
    if (product.name.find(word) == std::string::npos &&
        product.description.find(word) == std::string::npos) {
      continue;
    }
    append_listed(json, product);
    if (++found == kPageSize) break;
  }
  return json + "]}";
}

}  // namespace shop
