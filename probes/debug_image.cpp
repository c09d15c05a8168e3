#include "probes/debug_image.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tidemark {
namespace {

constexpr uint64_t kLargestFile = 64ull << 30;
constexpr uint64_t kPage = 4096;
constexpr uint64_t kMostSections = 1u << 17;  // as ElfFile
constexpr uint64_t kLongestNames = 16u << 20;

}  // namespace

Result<DebugImage> DebugImage::make(const ElfFile& file) {
  const uint64_t size = file.file_size();
  if (size > kLargestFile) {
    return fail(ErrorKind::full, "debug information: too large a file");
  }
  UniqueFd fd(::fcntl(file.fd(), F_DUPFD_CLOEXEC, 0));
  if (!fd.valid()) return fail_errno("fcntl", errno);
  void* begin = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (begin == MAP_FAILED) return fail_errno("mmap", errno);
  ::madvise(begin, size, MADV_NOHUGEPAGE);  // it would fill what we spare
  DebugImage image(std::move(fd), static_cast<char*>(begin), size);
  image.need_headers(file);
  return image;
}

DebugImage::DebugImage(UniqueFd fd, char* begin, uint64_t size)
    : fd_(std::move(fd)),
      begin_(begin),
      size_(size),
      read_((size + kPage - 1) / kPage) {}

DebugImage::DebugImage(DebugImage&& other) noexcept
    : fd_(std::move(other.fd_)),
      begin_(std::exchange(other.begin_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      pages_(other.pages_),
      read_(std::move(other.read_)) {}

DebugImage::~DebugImage() {
  if (begin_ != nullptr) ::munmap(begin_, size_);
}

void DebugImage::need(uint64_t offset, uint64_t size) {
  if (offset >= size_ || size == 0) return;
  const uint64_t end = offset + std::min(size, size_ - offset);
  const uint64_t last = (end + kPage - 1) / kPage;
  for (uint64_t page = offset / kPage; page < last;) {
    if (read_[page]) {
      ++page;
      continue;
    }
    const uint64_t first = page;
    for (; page < last && !read_[page]; ++page) read_[page] = true;
    pages_ += page - first;
    const uint64_t stop = std::min(page * kPage, size_);
    for (uint64_t at = first * kPage; at < stop;) {
      const ssize_t got =
          ::pread(fd_.get(), begin_ + at, stop - at, static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      at += static_cast<uint64_t>(got);
    }
  }
}

void DebugImage::need_text(const char* text) {
  if (text < begin_ || text >= begin_ + size_) return;
  const auto offset = static_cast<uint64_t>(text - begin_);
  for (uint64_t length = 0; length < kLongestText;) {
    const uint64_t step = kPage - (offset + length) % kPage;  // to a page's end
    need(offset + length, step);
    const uint64_t there =
        std::min(step, size_ - std::min(size_, offset + length));
    if (there == 0 || std::memchr(text + length, '\0', there) != nullptr)
      return;
    length += step;
  }
}

uint64_t DebugImage::number(uint64_t offset, size_t size) {
  if (offset > size_ || size > size_ - offset) return 0;
  need(offset, size);
  uint64_t value = 0;  // little-endian, as the files that ElfFile opens
  std::memcpy(&value, begin_ + offset, std::min(size, sizeof value));
  return value;
}

// What libelf reads to find the sections.
void DebugImage::need_headers(const ElfFile& file) {
  Elf64_Ehdr header = {};
  if (size_ < sizeof header) return;
  need(0, sizeof header);
  std::memcpy(&header, begin_, sizeof header);
  need(header.e_phoff, uint64_t{header.e_phnum} * sizeof(Elf64_Phdr));
  const uint64_t sections = file.sections().size();
  need(header.e_shoff, std::min(sections, kMostSections) * sizeof(Elf64_Shdr));
  uint64_t names = header.e_shstrndx;
  if (names == SHN_XINDEX) {
    names = number(header.e_shoff + offsetof(Elf64_Shdr, sh_link), 4);
  }
  if (names >= sections) return;
  const ElfSection& table = file.sections()[names];
  need(table.offset, std::min(table.size, kLongestNames));
}

}  // namespace tidemark
