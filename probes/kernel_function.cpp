#include "probes/kernel_function.h"

#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <cerrno>
#include <span>
#include <string>
#include <vector>

#include "probes/kernel_features.h"

namespace tidemark {

Status call_kernel_function(bpf_program* program, int32_t place,
                            const char* name) {
  TIDEMARK_TRY(const int32_t number, kernel_function_number(name));
  const std::span<const bpf_insn> old(bpf_program__insns(program),
                                      bpf_program__insn_cnt(program));
  std::vector<bpf_insn> patched(old.begin(), old.end());
  size_t calls = 0;
  for (bpf_insn& each : patched) {
    const bool helper = each.code == (BPF_JMP | BPF_CALL) && each.src_reg == 0;
    if (!helper || each.imm != place) continue;
    each.src_reg = BPF_PSEUDO_KFUNC_CALL;
    each.imm = number;
    ++calls;
  }
  if (calls == 0) {
    return fail(ErrorKind::unsupported,
                std::string("no call stands for ") + name);
  }
  const int error =
      bpf_program__set_insns(program, patched.data(), patched.size());
  if (error != 0) return fail_errno(name, -error);
  return {};
}

}  // namespace tidemark
