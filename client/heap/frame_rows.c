// One function's frame at one address, from .eh_frame as it is mapped (System
// V ABI AMD64 3.7 and DWARF 5 6.4). The tables are the program's own: the C++
// run-time trusts them with every exception. Looked up without a lock: by
// _dl_find_object(3) of glibc 2.35, which is made for this.
#include <dlfcn.h>
#include <string.h>

#include "client/heap/shim.h"

#ifdef DLFO_STRUCT_HAS_EH_DBASE
extern int _dl_find_object(void*, struct dl_find_object*) __attribute__((weak));
#endif

enum { RBX = 3, RBP = 6, RSP = 7, RETURN = 16 };

struct reader {
  const uint8_t* at;
  const uint8_t* end;
};

static uint64_t fixed(struct reader* in, size_t bytes) {
  uint64_t value = 0;
  if ((size_t)(in->end - in->at) < bytes) {
    in->at = in->end;
    return 0;
  }
  memcpy(&value, in->at, bytes);
  in->at += bytes;
  return value;
}
static uint8_t byte(struct reader* in) { return (uint8_t)fixed(in, 1); }
static int32_t word(struct reader* in) { return (int32_t)fixed(in, 4); }

static uint64_t unsigned_leb(struct reader* in) {
  uint64_t value = 0;
  for (unsigned shift = 0; in->at < in->end; shift += 7) {
    const uint8_t next = *in->at++;
    if (shift < 64) value |= (uint64_t)(next & 0x7F) << shift;
    if ((next & 0x80) == 0) break;
  }
  return value;
}
static int64_t signed_leb(struct reader* in) {
  uint64_t value = 0;
  unsigned shift = 0;
  uint8_t next = 0x80;
  while (in->at < in->end && (next & 0x80) != 0) {
    next = *in->at++;
    if (shift < 64) value |= (uint64_t)(next & 0x7F) << shift;
    shift += 7;
  }
  if ((next & 0x40) != 0 && shift < 64) value |= ~UINT64_C(0) << shift;
  return (int64_t)value;
}
static void skip(struct reader* in, uint64_t bytes) {
  const uint64_t left = (uint64_t)(in->end - in->at);
  in->at += bytes < left ? bytes : left;
}

enum rule_kind {
  SAME = 0,
  AT_CFA,  // saved at CFA + offset
  AT_RBP,  // saved at rbp + offset
  NOWHERE
};
struct rule {
  uint8_t kind;
  int64_t offset;
};
struct rules {
  int64_t cfa_register;  // -1: not known; -2: *(rbp + offset)
  int64_t cfa_offset;
  struct rule rbx, rbp, return_address;
};

struct cie {
  struct reader code;
  uint64_t code_align;
  int64_t data_align;
  uint8_t pointers;  // encoding in FDEs
  bool sized;        // FDEs have augmentation data
  bool signal;
};

// Encodings that compilers use for addresses: DW_EH_PE_absptr and sdata4,
// both also relative to their own place.
static uint64_t pointer(struct reader* in, uint8_t encoding) {
  const uint64_t base = (encoding & 0x70) == 0x10 ? (uintptr_t)in->at : 0;
  switch (encoding & 0x0F) {
    case 0x00:
    case 0x04:
    case 0x0C: return base + fixed(in, 8);
    case 0x0B: return base + (uint64_t)(int64_t)word(in);
    case 0x03: return base + fixed(in, 4);
    default: in->at = in->end; return 0;
  }
}

static bool read_cie(const uint8_t* at, struct cie* cie) {
  uint32_t length = 0;
  memcpy(&length, at, 4);
  struct reader in = {at + 4, at + 4 + length};
  if (length < 8 || length >= 0xFFFFFFF0u || word(&in) != 0) return false;
  const uint8_t version = byte(&in);
  if (version != 1 && version != 3) return false;
  const char* augmentation = (const char*)in.at;
  const size_t letters = strnlen(augmentation, (size_t)(in.end - in.at));
  skip(&in, letters + 1);
  cie->code_align = unsigned_leb(&in);
  cie->data_align = signed_leb(&in);
  const uint64_t column = version == 1 ? byte(&in) : unsigned_leb(&in);
  if (column != RETURN) return false;
  cie->pointers = 0;
  cie->signal = false;
  cie->sized = *augmentation == 'z';
  if (cie->sized) {
    const uint64_t size = unsigned_leb(&in);
    struct reader data = {in.at, in.end};
    skip(&in, size);
    for (const char* letter = augmentation + 1; *letter != '\0'; ++letter) {
      if (*letter == 'R') cie->pointers = byte(&data);
      if (*letter == 'L') byte(&data);
      if (*letter == 'P') pointer(&data, byte(&data) & 0x7F);
      if (*letter == 'S') cie->signal = true;
    }
  } else if (letters != 0) {
    return false;
  }
  cie->code = in;
  return true;
}

// The one FDE that may cover the address, by the sorted table that the linker
// made; NULL: none.
static const uint8_t* find_fde(const uint8_t* header, uintptr_t address) {
  if (header[0] != 1 || header[1] != 0x1B || header[2] != 0x03 ||
      header[3] != 0x3B) {
    return NULL;
  }
  uint32_t count = 0;
  memcpy(&count, header + 8, 4);
  const int64_t wanted = (int64_t)(address - (uintptr_t)header);
  uint32_t low = 0;
  for (uint32_t high = count; low < high;) {
    const uint32_t middle = low + (high - low) / 2;
    int32_t begin = 0;
    memcpy(&begin, header + 12 + (size_t)middle * 8, 4);
    if (begin <= wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return NULL;
  int32_t offset = 0;
  memcpy(&offset, header + 12 + (size_t)(low - 1) * 8 + 4, 4);
  return header + offset;
}

static struct rule* rule_of(struct rules* rules, uint64_t number) {
  switch (number) {
    case RBX: return &rules->rbx;
    case RBP: return &rules->rbp;
    case RETURN: return &rules->return_address;
    default: return NULL;
  }
}

static void set(struct rules* rules, uint64_t number, uint8_t kind,
                int64_t offset) {
  struct rule* rule = rule_of(rules, number);
  if (rule != NULL) *rule = (struct rule){kind, offset};
}

// DW_OP_breg6 (rbp) alone, or with DW_OP_deref: what compilers write for a
// stack that they realign.
static bool from_rbp(struct reader* in, bool deref, int64_t* offset) {
  const uint64_t size = unsigned_leb(in);
  struct reader expression = {in->at, in->end};
  skip(in, size);
  expression.end = in->at;
  if (byte(&expression) != 0x76) return false;
  *offset = signed_leb(&expression);
  if (deref && byte(&expression) != 0x06) return false;
  return expression.at == expression.end;
}

enum { DEPTH = 8 };
struct machine {
  struct rules now, initial, kept[DEPTH];
  unsigned depth;
  uintptr_t location;
};

static void set_register(struct machine* m, const struct cie* cie,
                         struct reader* in, uint64_t number, int64_t scaled) {
  (void)in;
  set(&m->now, number, AT_CFA, scaled * cie->data_align);
}

static void restore(struct machine* m, uint64_t number) {
  const struct rule* from = rule_of(&m->initial, number);
  struct rule* to = rule_of(&m->now, number);
  if (to != NULL) *to = *from;
}

// DW_CFA_def_cfa_expression, _expression, _val_expression.
static void by_expression(struct machine* m, uint8_t code, struct reader* in) {
  int64_t offset = 0;
  if (code == 0x0F) {
    m->now.cfa_register = from_rbp(in, true, &offset) ? -2 : -1;
    m->now.cfa_offset = offset;
    return;
  }
  const uint64_t number = unsigned_leb(in);
  const bool plain = from_rbp(in, false, &offset) && code == 0x10;
  set(&m->now, number, plain ? AT_RBP : NOWHERE, offset);
}

// What is left of the codes: those that define the CFA or keep rules. False:
// not known here.
static bool step_cfa(struct machine* m, const struct cie* cie, uint8_t code,
                     struct reader* in) {
  switch (code) {
    case 0x0A:  // remember_state
      if (m->depth == DEPTH) return false;
      m->kept[m->depth++] = m->now;
      return true;
    case 0x0B:  // restore_state
      if (m->depth == 0) return false;
      m->now = m->kept[--m->depth];
      return true;
    case 0x0C:  // def_cfa
      m->now.cfa_register = (int64_t)unsigned_leb(in);
      m->now.cfa_offset = (int64_t)unsigned_leb(in);
      return true;
    case 0x12:  // def_cfa_sf
      m->now.cfa_register = (int64_t)unsigned_leb(in);
      m->now.cfa_offset = signed_leb(in) * cie->data_align;
      return true;
    case 0x0D: m->now.cfa_register = (int64_t)unsigned_leb(in); return true;
    case 0x0E: m->now.cfa_offset = (int64_t)unsigned_leb(in); return true;
    case 0x13:
      m->now.cfa_offset = signed_leb(in) * cie->data_align;
      return true;
    default: return false;
  }
}

static bool step_register(struct machine* m, const struct cie* cie,
                          uint8_t code, struct reader* in) {
  uint64_t number = 0;
  switch (code) {
    case 0x05:  // offset_extended
      number = unsigned_leb(in);
      set_register(m, cie, in, number, (int64_t)unsigned_leb(in));
      return true;
    case 0x11:  // offset_extended_sf
      number = unsigned_leb(in);
      set_register(m, cie, in, number, signed_leb(in));
      return true;
    case 0x06: restore(m, unsigned_leb(in)); return true;
    case 0x07: set(&m->now, unsigned_leb(in), NOWHERE, 0); return true;
    case 0x08: set(&m->now, unsigned_leb(in), SAME, 0); return true;
    case 0x09:  // register
    case 0x14:  // val_offset
    case 0x15:
      set(&m->now, unsigned_leb(in), NOWHERE, 0);
      unsigned_leb(in);
      return true;
    case 0x0F:
    case 0x10:
    case 0x16: by_expression(m, code, in); return true;
    default: return step_cfa(m, cie, code, in);
  }
}

// Runs up to the address. False: a code that is not known here.
static bool run(struct machine* m, const struct cie* cie, struct reader in,
                uintptr_t address) {
  while (in.at < in.end) {
    const uint8_t code = byte(&in);
    const uint8_t low = code & 0x3F;
    uint64_t advance = 0;
    switch (code >> 6) {
      case 1: advance = low; break;
      case 2:
        set_register(m, cie, &in, low, (int64_t)unsigned_leb(&in));
        continue;
      case 3: restore(m, low); continue;
      default:
        if (code == 0x00) continue;
        if (code == 0x2E) {  // GNU_args_size
          unsigned_leb(&in);
          continue;
        }
        if (code >= 0x02 && code <= 0x04) {
          advance = fixed(&in, (size_t)1 << (code - 2));
        } else if (step_register(m, cie, code, &in)) {
          continue;
        } else {
          return false;
        }
    }
    m->location += advance * cie->code_align;
    if (m->location > address) return true;
  }
  return true;
}

static bool fits(int64_t value, unsigned bits) {
  const int64_t limit = INT64_C(1) << (bits - 1);
  return value >= -limit && value < limit;
}

static bool set_saved(const struct rule* rule, bool* rbp_based,
                      int32_t* offset) {
  *offset = 0;
  if (rule->kind == SAME) return true;
  if (rule->kind == NOWHERE || !fits(rule->offset, 18)) return false;
  *rbp_based = rule->kind == AT_RBP;
  // 0 says "not saved"; saved right at rbp is told from the register's value.
  *offset = rule->offset != 0 ? (int32_t)rule->offset : 1;
  return true;
}

static struct frame_row row_of(const struct rules* rules) {
  struct frame_row row = {0};
  if (rules->return_address.kind == NOWHERE) {
    row.rule = FRAME_END;
    return row;
  }
  if (rules->return_address.kind != AT_CFA ||
      rules->return_address.offset != -8 || !fits(rules->cfa_offset, 24)) {
    return row;
  }
  bool rbx_based = false;
  bool rbp_based = false;
  if (!set_saved(&rules->rbx, &rbx_based, &row.rbx_offset) ||
      !set_saved(&rules->rbp, &rbp_based, &row.rbp_offset)) {
    return row;
  }
  row.from_rbp = rbp_based;
  if (rbx_based != rbp_based) row.rbx_offset = 0;
  row.cfa_offset = (int32_t)rules->cfa_offset;
  switch (rules->cfa_register) {
    case RSP: row.rule = FRAME_RSP; break;
    case RBP: row.rule = FRAME_RBP; break;
    case RBX: row.rule = FRAME_RBX; break;
    case -2: row.rule = FRAME_DEREF; break;
    default: break;
  }
  return row;
}

static struct frame_row look_up(const uint8_t* header, uintptr_t address) {
  const struct frame_row unknown = {0};
  const uint8_t* at = find_fde(header, address);
  if (at == NULL) return unknown;
  uint32_t length = 0;
  memcpy(&length, at, 4);
  if (length < 8 || length >= 0xFFFFFFF0u) return unknown;
  struct reader in = {at + 4, at + 4 + length};
  const uint8_t* field = in.at;
  struct cie cie;
  if (!read_cie(field - word(&in), &cie) || cie.signal) return unknown;
  const uintptr_t begin = pointer(&in, cie.pointers);
  const uintptr_t size = pointer(&in, cie.pointers & 0x0F);
  if (address - begin >= size) return unknown;
  if (cie.sized) skip(&in, unsigned_leb(&in));
  struct machine m = {.location = begin};
  m.now.cfa_register = -1;
  if (!run(&m, &cie, cie.code, UINTPTR_MAX)) return unknown;
  m.initial = m.now;
  m.location = begin;
  if (!run(&m, &cie, in, address)) return unknown;
  return row_of(&m.now);
}

bool tidemark_heap_in_object(uintptr_t address) {
#ifdef DLFO_STRUCT_HAS_EH_DBASE
  struct dl_find_object found;
  return _dl_find_object != NULL &&
         _dl_find_object((void*)address, &found) == 0;
#else
  (void)address;
  return false;
#endif
}

struct frame_row tidemark_heap_frame_row(uintptr_t address) {
  const struct frame_row unknown = {0};
#ifdef DLFO_STRUCT_HAS_EH_DBASE
  struct dl_find_object found;
  if (_dl_find_object == NULL || _dl_find_object((void*)address, &found) != 0 ||
      found.dlfo_eh_frame == NULL) {
    return unknown;
  }
  return look_up(found.dlfo_eh_frame, address);
#else
  (void)look_up;
  (void)address;
  return unknown;
#endif
}
