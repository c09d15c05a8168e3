#include "daemon/stack_desk.h"

#include <utility>

namespace tidemark {

StackDesk::StackDesk(Definer& definer, std::string proc)
    : definer_(definer), proc_(std::move(proc)) {}

StackDesk::~StackDesk() = default;

StackResolver& StackDesk::resolver() {
  if (!resolver_) {
    resolver_ = std::make_unique<StackResolver>(proc_, symbolizer_);
  }
  return *resolver_;
}

void StackDesk::prepare(ProcessKey process) {
  if (++holders_[process] == 1) resolver().prepare(process);
}

void StackDesk::refresh(ProcessKey process) {
  if (holders_.contains(process)) resolver().prepare(process);
}

void StackDesk::forget(ProcessKey process) {
  const auto held = holders_.find(process);
  if (held == holders_.end() || --held->second > 0) return;
  holders_.erase(held);
  resolver().forget(process);  // after the stacks that were posted before
}

bool StackDesk::post(CopiedStack stack, Answer answer) {
  stack.token = ++next_token_;
  if (!resolver().post(std::move(stack))) return false;
  waiting_.emplace(next_token_, std::move(answer));
  return true;
}

void StackDesk::accept() {
  if (!resolver_) return;
  resolver_->take(found_);
  for (const ResolvedStacks::Object& object : found_.objects) {
    modules_[object.index] =
        definer_.define_module({{}, object.path, object.build_id});
  }
  for (const ResolvedStacks::Known& known : found_.stacks) {
    const auto asked = waiting_.find(known.token);
    if (asked == waiting_.end()) continue;
    asked->second(define(known.stack));
    waiting_.erase(asked);
  }
  for (ResolvedStacks::Names& names : found_.names) {
    definer_.define_symbols(
        {{modules_[names.object], names.offset}, std::move(names.frames)});
  }
}

void StackDesk::settle(Nanoseconds limit) {
  if (resolver_) resolver_->settle(limit);
}

StackId StackDesk::define(const UnwoundStack& unwound) {
  if (unwound.frames.empty()) return {};
  Stack stack;
  stack.quality = unwound.quality;
  stack.truncated = unwound.truncated;
  for (const UnwoundFrame& frame : unwound.frames) {
    const bool in_file = frame.object != UnwoundFrame::kNoObject;
    stack.addresses.push_back(
        {in_file ? modules_[frame.object] : ModuleId(), frame.offset});
  }
  return definer_.define_stack(stack);
}

}  // namespace tidemark
