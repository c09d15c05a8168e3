// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// TCP segments that had to be sent again, of all sockets.

#include "probes/core_fixes.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 retransmitted = 0;

SEC("tp_btf/tcp_retransmit_skb")
int sent_again(void* context) {
  __sync_fetch_and_add(&retransmitted, 1);
  return 0;
}
