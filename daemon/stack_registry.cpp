#include "daemon/stack_registry.h"

#include <cstring>
#include <iterator>

namespace tidemark {
namespace {

template <typename T>
void move_all(std::vector<T>& from, std::vector<T>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()),
            std::make_move_iterator(from.end()));
  from.clear();
}

template <typename T>
void append_bytes(std::string& key, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  key.append(bytes, sizeof value);
}

std::string key_of(const Module& module) {
  std::string key = module.path;
  key += '\0';
  key += module.build_id;
  return key;
}

std::string key_of(const Stack& stack) {
  std::string key;
  key.reserve(2 + stack.addresses.size() * 12);
  append_bytes(key, stack.quality);
  append_bytes(key, stack.truncated);
  for (const StackAddress& address : stack.addresses) {
    append_bytes(key, address.module.value);
    append_bytes(key, address.offset);
  }
  return key;
}

void cut(std::string& text) {
  if (text.size() > StackTable::kMaxText) text.resize(StackTable::kMaxText);
}

}  // namespace

void StackDefinitions::append(StackDefinitions& newer) {
  move_all(newer.modules, modules);
  move_all(newer.stacks, stacks);
  move_all(newer.symbols, symbols);
}

void StackDefinitions::clear() {
  modules.clear();
  stacks.clear();
  symbols.clear();
}

// False: the recording can hold no more.
bool StackRegistry::pay(size_t cost) {
  if (cost_ + cost > most_cost_) {
    ++refused_;
    return false;
  }
  cost_ += cost;
  return true;
}

ModuleId StackRegistry::module(const Module& module) {
  std::string key = key_of(module);
  const auto known = modules_.find(key);
  if (known != modules_.end()) return known->second;
  Module defined = module;
  defined.id = ModuleId(static_cast<uint32_t>(modules_.size()));
  cut(defined.path);
  cut(defined.build_id);
  if (modules_.size() >= StackTable::kMaxModules ||
      !pay(StackTable::cost(defined))) {
    return {};
  }
  modules_.emplace(std::move(key), defined.id);
  changes_.modules.push_back(std::move(defined));
  return changes_.modules.back().id;
}

StackId StackRegistry::stack(const Stack& stack) {
  std::string key = key_of(stack);
  const auto known = stacks_.find(key);
  if (known != stacks_.end()) return known->second;
  Stack defined = stack;
  defined.id = StackId(static_cast<uint32_t>(stacks_.size()));
  if (defined.addresses.size() > StackTable::kMaxDepth) {
    defined.addresses.resize(StackTable::kMaxDepth);
    defined.truncated = true;
  }
  if (stacks_.size() >= StackTable::kMaxStacks ||
      !pay(StackTable::cost(defined))) {
    return {};
  }
  stacks_.emplace(std::move(key), defined.id);
  changes_.stacks.push_back(std::move(defined));
  return changes_.stacks.back().id;
}

void StackRegistry::symbols(const AddressSymbols& symbols) {
  AddressSymbols defined = symbols;
  if (defined.frames.size() > StackTable::kMaxInlines) {
    // The outermost is the function that is really there.
    defined.frames.erase(defined.frames.begin() + StackTable::kMaxInlines - 1,
                         defined.frames.end() - 1);
  }
  for (SymbolFrame& frame : defined.frames) {
    cut(frame.function);
    cut(frame.file);
  }
  if (pay(StackTable::cost(defined.frames))) {
    changes_.symbols.push_back(std::move(defined));
  }
}

}  // namespace tidemark
