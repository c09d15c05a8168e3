#include "daemon/site_lister.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <utility>

#include "daemon/site_listing.h"

namespace tidemark {
namespace {

constexpr size_t kMostSites = 10;

}  // namespace

Result<std::unique_ptr<SiteLister>> SiteLister::start() {
  UniqueFd done(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!done.valid()) return fail_errno("eventfd", errno);
  return std::unique_ptr<SiteLister>(new SiteLister(std::move(done)));
}

SiteLister::SiteLister(UniqueFd done)
    : done_(std::move(done)), thread_([this] { run(); }) {}

SiteLister::~SiteLister() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  asked_.notify_all();
  thread_.join();
}

void SiteLister::ask(uint64_t token, std::string recording,
                     ProcessKey process) {
  {
    const std::scoped_lock lock(mutex_);
    questions_.push_back({token, std::move(recording), process});
  }
  asked_.notify_all();
}

std::vector<SiteLister::Listing> SiteLister::take() {
  eventfd_t count = 0;
  ::eventfd_read(done_.get(), &count);
  const std::scoped_lock lock(mutex_);
  return std::exchange(listings_, {});
}

void SiteLister::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    asked_.wait(lock, [this] { return stop_ || !questions_.empty(); });
    if (stop_) return;
    const Question question = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    auto text = list_sites_of(question.recording, question.process, kMostSites);
    lock.lock();
    listings_.push_back({question.token, std::move(text)});
    ::eventfd_write(done_.get(), 1);
  }
}

}  // namespace tidemark
