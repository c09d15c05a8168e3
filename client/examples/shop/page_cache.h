// Rendered pages by key, the least recently used thrown out: bounded, so that
// a warm shop's memory stays where it is.
#pragma once

#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace shop {

class PageCache {
 public:
  explicit PageCache(size_t capacity) : capacity_(capacity) {}

  // The page of this key, made by `render` when it is not here.
  template <typename Render>
  std::string get(const std::string& key, Render&& render) {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
      pages_.splice(pages_.begin(), pages_, found->second);
      return found->second->second;
    }
    pages_.emplace_front(key, render());
    by_key_[key] = pages_.begin();
    if (pages_.size() > capacity_) {
      by_key_.erase(pages_.back().first);
      pages_.pop_back();
    }
    return pages_.front().second;
  }

 private:
  using Pages = std::list<std::pair<std::string, std::string>>;

  size_t capacity_;
  std::mutex mutex_;
  Pages pages_;  // most recently used first
  std::unordered_map<std::string, Pages::iterator> by_key_;
};

}  // namespace shop
