#include "core/model/finding.h"

namespace tidemark {

bool is_bytes(Resource resource) {
  switch (resource) {
    case Resource::heap:
    case Resource::rss_anon:
    case Resource::rss_shmem:
    case Resource::rss_file:
    case Resource::kernel_memory: return true;
    case Resource::mappings:
    case Resource::fds:
    case Resource::sockets:
    case Resource::threads:
    case Resource::children:
    case Resource::inotify_watches: return false;
  }
  return false;
}

const char* resource_name(Resource resource) {
  switch (resource) {
    case Resource::heap: return "heap";
    case Resource::rss_anon: return "rss_anon";
    case Resource::rss_shmem: return "rss_shmem";
    case Resource::rss_file: return "rss_file";
    case Resource::mappings: return "mappings";
    case Resource::fds: return "fds";
    case Resource::sockets: return "sockets";
    case Resource::threads: return "threads";
    case Resource::children: return "children";
    case Resource::inotify_watches: return "inotify_watches";
    case Resource::kernel_memory: return "kernel_memory";
  }
  return "unknown";
}

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::none: return "none";
    case Verdict::leak: return "leak";
    case Verdict::suspect: return "suspect";
    case Verdict::saturating: return "saturating";
    case Verdict::step: return "step";
    case Verdict::startup: return "startup";
    case Verdict::inconclusive: return "inconclusive";
  }
  return "unknown";
}

const char* confirmation_name(Confirmation confirmation) {
  switch (confirmation) {
    case Confirmation::none: return "none";
    case Confirmation::cycles: return "cycles";
    case Confirmation::cohorts: return "cohorts";
    case Confirmation::integers: return "integers";
    case Confirmation::baseline: return "baseline";
    case Confirmation::repeat: return "repeat";
  }
  return "unknown";
}

const char* site_class_name(SiteClass site_class) {
  switch (site_class) {
    case SiteClass::leak: return "leak";
    case SiteClass::tidy_at_exit: return "tidy_at_exit";
    case SiteClass::cache: return "cache";
    case SiteClass::slow_drain: return "slow_drain";
    case SiteClass::startup: return "startup";
    case SiteClass::step: return "step";
    case SiteClass::churn: return "churn";
    case SiteClass::unclear: break;
  }
  return "unclear";
}

const char* site_class_words(SiteClass site_class) {
  switch (site_class) {
    case SiteClass::leak: return "leak";
    case SiteClass::tidy_at_exit: return "leak, freed in the teardown";
    case SiteClass::cache: return "bounded, as a cache";
    case SiteClass::slow_drain: return "drains slowly";
    case SiteClass::startup: return "from the start";
    case SiteClass::step: return "one step";
    case SiteClass::churn: return "churn";
    case SiteClass::unclear: break;
  }
  return "undecided";
}

}  // namespace tidemark
