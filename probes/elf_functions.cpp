#include "probes/elf_functions.h"

#include <elf.h>
#include <lzma.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tidemark {
namespace {

constexpr uint64_t kLongestNames = 256u << 20;
constexpr uint64_t kMostSymbols = 16u << 20;
constexpr size_t kSymbolsAtOnce = 16384;
constexpr uint64_t kLongestDebugdata = 64u << 20;

std::string_view name_at(std::string_view names, uint64_t offset) {
  if (offset >= names.size()) return {};
  const std::string_view rest = names.substr(offset);
  const std::string_view name =
      rest.substr(0, std::min(rest.find('\0'), rest.size()));
  return name.substr(0, std::min(name.find('@'), name.size()));
}

void visit_symbol(const Elf64_Sym& symbol, std::string_view names,
                  const std::function<void(const ElfSymbol&)>& visit) {
  if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC) return;
  if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) return;
  const std::string_view name = name_at(names, symbol.st_name);
  if (name.empty()) return;
  visit({name, symbol.st_value, symbol.st_size});
}

class XzDecoder {
 public:
  XzDecoder() = default;
  XzDecoder(const XzDecoder&) = delete;
  XzDecoder& operator=(const XzDecoder&) = delete;
  ~XzDecoder() { lzma_end(&stream_); }

  // Error malformed, or full: more than `limit` bytes come out of it.
  Result<std::string> decode(std::string_view packed, size_t limit) {
    if (lzma_stream_decoder(&stream_, kLongestDebugdata, 0) != LZMA_OK) {
      return fail(ErrorKind::full, ".gnu_debugdata: no decoder");
    }
    stream_.next_in = reinterpret_cast<const uint8_t*>(packed.data());
    stream_.avail_in = packed.size();
    std::string out;
    lzma_ret result = LZMA_OK;
    while (result == LZMA_OK) {
      const size_t filled = out.size();
      if (filled >= limit) return fail(ErrorKind::full, ".gnu_debugdata");
      out.resize(filled + std::min<size_t>(1u << 20, limit - filled));
      stream_.next_out = reinterpret_cast<uint8_t*>(out.data()) + filled;
      stream_.avail_out = out.size() - filled;
      result = lzma_code(&stream_, LZMA_FINISH);
      out.resize(out.size() - stream_.avail_out);
    }
    if (result != LZMA_STREAM_END) {
      return fail(ErrorKind::malformed, ".gnu_debugdata: not as xz packs it");
    }
    return out;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

// A file of ours that holds `bytes`.
Result<UniqueFd> memory_file(std::string_view bytes) {
  UniqueFd fd(::memfd_create("gnu_debugdata", MFD_CLOEXEC));
  if (!fd.valid()) return fail_errno("memfd_create", errno);
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail_errno("writing to a memfd", errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return fd;
}

// Collects from the tables of one file, whose addresses are the object's.
class FunctionFinder {
 public:
  FunctionFinder(const ElfFile& object,
                 const std::function<bool(std::string_view)>& wanted,
                 std::vector<std::string>& problems)
      : object_(object), wanted_(wanted), problems_(problems) {}

  void search(const ElfFile& file, std::string_view table_name) {
    const ElfSection* table = file.section(table_name);
    if (table == nullptr) return;
    const Status visited = visit_functions(
        file, *table, [this](const ElfSymbol& symbol) { take(symbol); });
    if (!visited) problems_.push_back(visited.error().what);
  }
  std::vector<ElfFunction> finish() {
    const auto key = [](const ElfFunction& each) {
      return std::tie(each.address, each.name);
    };
    std::ranges::sort(found_, {}, key);
    const auto same = std::ranges::unique(found_, {}, key);
    found_.erase(same.begin(), same.end());
    return std::move(found_);
  }

 private:
  void take(const ElfSymbol& symbol) {
    if (!wanted_(symbol.name)) return;
    const auto offset = object_.offset_of(symbol.address);
    if (!offset) return;
    found_.push_back(
        {std::string(symbol.name), symbol.address, symbol.size, *offset});
  }

  const ElfFile& object_;
  const std::function<bool(std::string_view)>& wanted_;
  std::vector<std::string>& problems_;
  std::vector<ElfFunction> found_;
};

}  // namespace

Status visit_functions(const ElfFile& file, const ElfSection& table,
                       const std::function<void(const ElfSymbol&)>& visit) {
  if (table.type != SHT_SYMTAB && table.type != SHT_DYNSYM) {
    return fail(ErrorKind::malformed, "ELF file: no symbol table");
  }
  const auto sections = file.sections();
  if (table.link >= sections.size()) {
    return fail(ErrorKind::malformed, "ELF file: symbols without names");
  }
  TIDEMARK_TRY(const std::string names,
               file.read_section(sections[table.link], kLongestNames));
  const uint64_t count = table.size / sizeof(Elf64_Sym);
  if (count > kMostSymbols) {
    return fail(ErrorKind::full, "ELF file: too many symbols");
  }
  std::vector<Elf64_Sym> symbols(std::min<uint64_t>(count, kSymbolsAtOnce));
  for (uint64_t done = 0; done < count;) {
    const uint64_t part = std::min<uint64_t>(count - done, symbols.size());
    TIDEMARK_CHECK(file.read(
        table.offset + done * sizeof(Elf64_Sym),
        {reinterpret_cast<char*>(symbols.data()), part * sizeof(Elf64_Sym)}));
    for (uint64_t i = 0; i < part; ++i) visit_symbol(symbols[i], names, visit);
    done += part;
  }
  return {};
}

Result<ElfFile> open_gnu_debugdata(const ElfFile& file) {
  const ElfSection* section = file.section(".gnu_debugdata");
  if (section == nullptr) {
    return fail(ErrorKind::not_found, "no .gnu_debugdata");
  }
  TIDEMARK_TRY(const std::string packed,
               file.read_section(*section, kLongestDebugdata));
  TIDEMARK_TRY(const std::string bytes,
               XzDecoder().decode(packed, kLongestDebugdata));
  TIDEMARK_TRY(UniqueFd fd, memory_file(bytes));
  return ElfFile::open(std::move(fd));
}

std::vector<ElfFunction> find_functions(
    const ElfFile& file, const std::string& path,
    const std::function<bool(std::string_view)>& wanted,
    const DebugPaths& debug, std::vector<std::string>& problems) {
  FunctionFinder finder(file, wanted, problems);
  finder.search(file, ".dynsym");
  finder.search(file, ".symtab");
  if (file.section(".symtab") == nullptr) {
    if (const auto packed = open_gnu_debugdata(file)) {
      finder.search(*packed, ".symtab");
    } else if (packed.error().kind != ErrorKind::not_found) {
      problems.push_back(packed.error().what);
    }
    if (const auto apart = find_debug_file(file, path, debug)) {
      finder.search(apart->file, ".symtab");
    }
  }
  return finder.finish();
}

}  // namespace tidemark
