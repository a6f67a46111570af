#include "coordinator/analysis/ledger_rules.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_map>

#include "coordinator/record/stacks.h"

namespace copycost::analysis {
namespace {

constexpr WorkName kNames[] = {
    {Work::kTouch, "touch", "writing messages, before they are sent (--touch); not a copy"},
    {Work::kStaging, "staging",
     "the sender's own copies: of fields into a buffer, or into the file that is sent"},
    {Work::kSenderCopy, "sender-copy",
     "the sending kernel's copy out of the sender's memory, into a socket or a pipe"},
    {Work::kDeliveryCopy, "delivery-copy",
     "the kernel's copy of pages that were sent without one, on delivery to a socket of its own"},
    {Work::kReceiverCopy, "receiver-copy",
     "the receiving kernel's copy into the receiver's memory"},
    {Work::kRead, "read", "reading what arrived (--read); not a copy"},
    {Work::kPinning, "pinning",
     "pinning the sender's pages, so that they stay while they are sent"},
    {Work::kMapping, "mapping", "mapping received pages into the receiver, and out of it"},
    {Work::kCompletions, "completions", "telling, and hearing, that buffers may be used again"},
    {Work::kReceiverWakeUp, "receiver-wake-up", "waking whoever waits for data"},
    {Work::kSenderWakeUp, "sender-wake-up", "waking whoever waits for room, or to send more"},
    {Work::kSending, "tcp-ip-sending", "sockets, TCP and IP, on the way out"},
    {Work::kReceiving, "tcp-ip-receiving",
     "IP, TCP and sockets, on the way in; acknowledgements as well"},
    {Work::kDriver, "driver", "devices, their drivers and queueing disciplines"},
    {Work::kScheduling, "scheduling", "waiting, and changing from one thread to another"},
    {Work::kSystemCall, "system-call", "entering the kernel and leaving it, io_uring's ring too"},
    {Work::kInterrupts, "interrupts",
     "entering interrupts, timers, and what is done later for them"},
    {Work::kMemory, "memory", "page faults, and making and giving up programs' own memory"},
    {Work::kOwnLoop, "own-loop", "copycost-agent itself: its loops, its clocks, its sampling"},
    {Work::kUnknown, "unknown", "what no rule knows, in threads of agents"},
    {Work::kOtherPrograms, "other-programs",
     "other programs, and threads of the kernel's that no rule knows"},
    {Work::kIdle, "idle", "nothing"},
};

struct Rule {
  absl::string_view function;
  Work work;
  absl::string_view within = {};  // only in chains that have this function further out
};

// By the sources of Linux 5.10, 5.15, 6.1, 6.6, 6.12 and 6.18, and what was seen of 6.1 (x86-64,
// over e1000e) and 6.18 (x86-64, over veth); a name that only some of them have says which.
// Compilers inline, so that what is static may be missing from a chain: callers are listed as well.
// Leaf routines that many share (rep_movs_alternative, memcpy, spin locks, allocators) have no
// rules: who calls them decides.
constexpr Rule kKernel[] = {
    // Writing into a file that is then sent: a copy of the sender's own making (mm/filemap.c,
    // mm/shmem.c). Into a pipe it is the kernel's that a call which sends makes, as evidence has
    // it.
    {"copy_page_from_iter_atomic", Work::kStaging},      // 5.14 on
    {"copy_folio_from_iter_atomic", Work::kStaging},     // 6.9 on
    {"iov_iter_copy_from_user_atomic", Work::kStaging},  // to 5.13
    {"generic_perform_write", Work::kStaging},
    {"shmem_file_write_iter", Work::kStaging},    // 6.6 on
    {"generic_file_write_iter", Work::kStaging},  // to 6.5, of shmem
    {"__generic_file_write_iter", Work::kStaging},
    {"vfs_writev", Work::kStaging, "do_pwritev"},
    {"do_pwritev", Work::kStaging},
    {"ksys_pwrite64", Work::kStaging},
    // The sending kernel's copy (lib/iov_iter.c, net/core/datagram.c, net/ipv4/tcp.c).
    {"_copy_from_iter", Work::kSenderCopy},
    {"_copy_from_iter_full", Work::kSenderCopy},  // to 5.11
    {"_copy_from_iter_nocache", Work::kSenderCopy},
    {"_copy_from_iter_full_nocache", Work::kSenderCopy},  // to 5.11
    {"csum_and_copy_from_iter", Work::kSenderCopy},       // to 6.7
    {"csum_and_copy_from_iter_full", Work::kSenderCopy},  // from 6.8 in net/core/skbuff.c
    {"copy_page_from_iter", Work::kSenderCopy},
    {"skb_copy_datagram_from_iter", Work::kSenderCopy},       // unix sockets, tun
    {"skb_copy_datagram_from_iter_full", Work::kSenderCopy},  // 6.12.y on
    {"ip_generic_getfrag", Work::kSenderCopy},                // datagrams
    // A device without scatter-gather has its packets copied into one piece.
    {"__pskb_pull_tail", Work::kSenderCopy, "validate_xmit_skb"},
    {"__skb_linearize", Work::kSenderCopy},
    // Pages of the sender's that are delivered to a local socket (net/core/skbuff.c).
    {"skb_copy_ubufs", Work::kDeliveryCopy},
    // The receiving kernel's copy.
    {"_copy_to_iter", Work::kReceiverCopy},
    {"copy_page_to_iter", Work::kReceiverCopy},
    {"csum_and_copy_to_iter", Work::kReceiverCopy},  // to 6.7 in lib/iov_iter.c
    {"simple_copy_to_iter", Work::kReceiverCopy},
    {"__skb_datagram_iter", Work::kReceiverCopy},
    {"skb_copy_datagram_iter", Work::kReceiverCopy},
    {"skb_copy_and_csum_datagram_msg", Work::kReceiverCopy},
    {"tcp_copy_straggler_data", Work::kReceiverCopy},  // 5.11 on: net/ipv4/tcp.c
    {"tcp_zc_handle_leftover", Work::kReceiverCopy},   // 5.11 on
    {"tcp_zc_finalize_rx_tstamp", Work::kReceiving},
    {"receive_fallback_to_copy", Work::kReceiverCopy},  // 5.12 on
    // Pinning and accounting of the sender's pages (mm/gup.c, lib/iov_iter.c, net/core).
    {"iov_iter_get_pages", Work::kPinning},         // to 6.4
    {"iov_iter_get_pages2", Work::kPinning},        // 6.0 on
    {"iov_iter_get_pages_alloc", Work::kPinning},   // to 6.1
    {"iov_iter_get_pages_alloc2", Work::kPinning},  // 6.0 on
    {"__iov_iter_get_pages_alloc", Work::kPinning},
    {"iov_iter_extract_pages", Work::kPinning},  // 6.3 on
    {"get_user_pages_fast", Work::kPinning},
    {"get_user_pages_fast_only", Work::kPinning},
    {"pin_user_pages_fast", Work::kPinning},
    {"pin_user_pages", Work::kPinning},
    {"internal_get_user_pages_fast", Work::kPinning},  // to 6.9
    {"gup_fast_fallback", Work::kPinning},             // 6.10 on
    {"gup_fast", Work::kPinning},                      // 6.10 on
    {"gup_fast_pgd_range", Work::kPinning},            // 6.10 on
    {"gup_fast_pte_range", Work::kPinning},            // 6.10 on
    {"gup_pgd_range", Work::kPinning},                 // to 6.9
    {"gup_pte_range", Work::kPinning},                 // to 6.9
    {"lockless_pages_from_mm", Work::kPinning},        // to 6.9
    {"unpin_user_page", Work::kPinning},
    {"unpin_user_pages", Work::kPinning},
    {"unpin_user_folio", Work::kPinning},  // 6.11 on
    {"__zerocopy_sg_from_iter", Work::kPinning},
    {"zerocopy_fill_skb_from_iter", Work::kPinning},  // 6.2 on
    {"skb_zerocopy_iter_stream", Work::kPinning},
    {"io_sg_from_iter", Work::kPinning},  // 6.0 on: io_uring/net.c
    {"mm_account_pinned_pages", Work::kPinning},
    {"mm_unaccount_pinned_pages", Work::kPinning},
    {"sock_zerocopy_realloc", Work::kPinning},  // to 5.11
    {"sock_zerocopy_alloc", Work::kPinning},    // to 5.11
    {"msg_zerocopy_realloc", Work::kPinning},   // 5.12 on
    {"iter_to_pipe", Work::kPinning},           // vmsplice
    {"vmsplice_to_pipe", Work::kPinning},
    // Mapping what was received (net/ipv4/tcp.c, mm/memory.c).
    {"tcp_zerocopy_receive", Work::kMapping},
    {"tcp_zerocopy_vm_insert_batch", Work::kMapping},  // 5.11 on
    {"tcp_zerocopy_set_hint_for_skb", Work::kMapping},
    {"tcp_zerocopy_vm_insert_batch_error", Work::kMapping},
    {"find_tcp_vma", Work::kMapping},  // 6.4 on
    {"vm_insert_pages", Work::kMapping},
    {"vm_insert_page", Work::kMapping},
    {"zap_page_range", Work::kMapping, "tcp_zerocopy_receive"},         // to 6.2
    {"zap_page_range_single", Work::kMapping, "tcp_zerocopy_receive"},  // 6.3 on
    {"unmap_page_range", Work::kMapping, "tcp_zerocopy_receive"},
    {"tlb_finish_mmu", Work::kMapping, "tcp_zerocopy_receive"},
    // Completions: telling (net/core/skbuff.c, io_uring/notif.c) and hearing of them.
    {"sock_zerocopy_callback", Work::kCompletions},      // to 5.11
    {"sock_zerocopy_put", Work::kCompletions},           // to 5.11
    {"msg_zerocopy_callback", Work::kCompletions},       // 5.12 to 6.9
    {"__msg_zerocopy_callback", Work::kCompletions},     // 5.12 to 6.9
    {"msg_zerocopy_complete", Work::kCompletions},       // 6.10 on
    {"__msg_zerocopy_complete", Work::kCompletions},     // 6.10 on
    {"msg_zerocopy_ubuf_complete", Work::kCompletions},  // 6.10 on
    {"msg_zerocopy_put_abort", Work::kCompletions},
    {"sock_recv_errqueue", Work::kCompletions},
    {"sock_dequeue_err_skb", Work::kCompletions},
    {"ip_recv_error", Work::kCompletions},
    {"ipv6_recv_error", Work::kCompletions},
    {"inet_recv_error", Work::kCompletions},
    {"io_tx_ubuf_complete", Work::kCompletions},            // 6.10 on
    {"io_uring_tx_zerocopy_callback", Work::kCompletions},  // 6.0 to 6.2
    {"io_tx_ubuf_callback", Work::kCompletions},            // 6.3 to 6.9
    {"io_tx_ubuf_callback_ext", Work::kCompletions},        // 6.3 to 6.9
    {"io_notif_tw_complete", Work::kCompletions},           // 6.3 on
    {"io_notif_complete_tw_ext", Work::kCompletions},       // 6.3 to 6.8
    {"io_notif_flush", Work::kCompletions},
    // Waking (net/core/sock.c, net/core/stream.c).
    {"sock_def_readable", Work::kReceiverWakeUp},
    {"tcp_data_ready", Work::kReceiverWakeUp},
    {"sock_def_error_report", Work::kCompletions},
    {"sk_error_report", Work::kCompletions},
    {"sk_stream_write_space", Work::kSenderWakeUp},
    {"sock_def_write_space", Work::kSenderWakeUp},
    {"sock_wfree", Work::kSenderWakeUp},
    {"tcp_check_space", Work::kSenderWakeUp},
    {"tcp_new_space", Work::kSenderWakeUp},
    {"__tcp_check_space", Work::kSenderWakeUp},
    {"unix_write_space", Work::kSenderWakeUp},
    // On the way out.
    {"__sys_sendto", Work::kSending},
    {"__x64_sys_sendto", Work::kSending},
    {"__sys_sendmsg", Work::kSending},
    {"__x64_sys_sendmsg", Work::kSending},
    {"___sys_sendmsg", Work::kSending},
    {"____sys_sendmsg", Work::kSending},
    {"sock_sendmsg", Work::kSending},
    {"__sock_sendmsg", Work::kSending},  // 6.6 on
    {"sock_write_iter", Work::kSending},
    {"do_iter_readv_writev", Work::kSending, "sock_write_iter"},
    {"vfs_writev", Work::kSending},
    {"do_writev", Work::kSending},
    {"do_iter_write", Work::kSending},  // to 6.7
    {"inet_sendmsg", Work::kSending},
    {"inet6_sendmsg", Work::kSending},
    {"inet_sendpage", Work::kSending},            // to 6.4
    {"tcp_sendpage", Work::kSending},             // to 6.4
    {"do_tcp_sendpages", Work::kSending},         // to 6.4
    {"kernel_sendpage", Work::kSending},          // to 6.4
    {"sock_sendpage", Work::kSending},            // to 6.4
    {"generic_splice_sendpage", Work::kSending},  // to 6.4
    {"splice_to_socket", Work::kSending},         // 6.5 on
    {"do_sendfile", Work::kSending},
    {"__x64_sys_sendfile64", Work::kSending},
    {"do_splice_direct", Work::kSending},
    {"do_splice_direct_actor", Work::kSending},  // 6.8 on
    {"splice_direct_to_actor", Work::kSending},
    {"direct_splice_actor", Work::kSending},
    {"splice_file_to_pipe", Work::kSending},
    {"shmem_file_splice_read", Work::kSending},    // 6.5 on
    {"filemap_splice_read", Work::kSending},       // 6.3 on
    {"generic_file_splice_read", Work::kSending},  // to 6.4
    {"pipe_write", Work::kSending},
    {"anon_pipe_write", Work::kSending},  // 6.15 on
    {"splice_from_pipe", Work::kSending},
    {"__splice_from_pipe", Work::kSending},
    {"splice_pipe_to_pipe", Work::kSending},
    {"io_send", Work::kSending},
    {"io_sendmsg", Work::kSending},
    {"io_send_zc", Work::kSending},
    {"io_sendmsg_zc", Work::kSending},
    {"tcp_sendmsg", Work::kSending},
    {"tcp_sendmsg_locked", Work::kSending},
    {"tcp_stream_alloc_skb", Work::kSending},  // 5.16 on
    {"sk_stream_alloc_skb", Work::kSending},   // to 5.15
    {"tcp_push", Work::kSending},
    {"__tcp_push_pending_frames", Work::kSending},
    {"tcp_push_one", Work::kSending},
    {"tcp_write_xmit", Work::kSending},
    {"tcp_tsq_handler", Work::kSending},
    {"tcp_tsq_write", Work::kSending},
    {"tcp_tasklet_func", Work::kSending},  // to 6.13
    {"tcp_tsq_workfn", Work::kSending},    // 6.14 on
    {"tcp_wfree", Work::kSending},
    {"tcp_pace_kick", Work::kSending},
    {"__tcp_transmit_skb", Work::kSending},
    {"tcp_send_ack", Work::kSending},
    {"__tcp_send_ack", Work::kSending},
    {"tcp_retransmit_skb", Work::kSending},
    {"__tcp_retransmit_skb", Work::kSending},
    {"tcp_xmit_retransmit_queue", Work::kSending},
    {"tcp_release_cb", Work::kSending},
    {"ip_queue_xmit", Work::kSending},
    {"__ip_queue_xmit", Work::kSending},
    {"ip_local_out", Work::kSending},
    {"__ip_local_out", Work::kSending},
    {"ip_output", Work::kSending},
    {"ip_finish_output", Work::kSending},
    {"__ip_finish_output", Work::kSending},
    {"ip_finish_output2", Work::kSending},
    {"ip_send_skb", Work::kSending},
    {"ip_make_skb", Work::kSending},
    {"inet6_csk_xmit", Work::kSending},
    {"ip6_xmit", Work::kSending},
    {"ip6_output", Work::kSending},
    {"ip6_finish_output", Work::kSending},
    {"ip6_finish_output2", Work::kSending},
    {"ip6_send_skb", Work::kSending},
    {"ip6_make_skb", Work::kSending},
    {"neigh_hh_output", Work::kSending},
    {"udp_sendmsg", Work::kSending},
    {"udpv6_sendmsg", Work::kSending},
    {"udp_send_skb", Work::kSending},
    {"unix_stream_sendmsg", Work::kSending},
    {"tls_sw_sendmsg", Work::kSending},
    {"tls_push_record", Work::kSending},
    {"sk_stream_wait_memory", Work::kScheduling},
    // On the way in. To 5.12 drivers' poll functions are called by net_rx_action itself.
    {"net_rx_action", Work::kReceiving},
    {"process_backlog", Work::kReceiving},
    {"enqueue_to_backlog", Work::kReceiving},
    {"netif_rx", Work::kReceiving},
    {"__netif_rx", Work::kReceiving},  // 5.18 on
    {"netif_rx_internal", Work::kReceiving},
    {"napi_gro_receive", Work::kReceiving},  // to 6.13
    {"gro_receive_skb", Work::kReceiving},   // 6.14 on
    {"dev_gro_receive", Work::kReceiving},
    {"napi_gro_flush", Work::kReceiving},
    {"napi_complete_done", Work::kReceiving},
    {"netif_receive_skb", Work::kReceiving},
    {"netif_receive_skb_list_internal", Work::kReceiving},
    {"__netif_receive_skb", Work::kReceiving},
    {"__netif_receive_skb_one_core", Work::kReceiving},
    {"__netif_receive_skb_core", Work::kReceiving},
    {"__netif_receive_skb_list_core", Work::kReceiving},
    {"ip_rcv", Work::kReceiving},
    {"ip_rcv_core", Work::kReceiving},
    {"ip_list_rcv", Work::kReceiving},
    {"ip_sublist_rcv", Work::kReceiving},
    {"ip_rcv_finish", Work::kReceiving},
    {"ip_local_deliver", Work::kReceiving},
    {"ip_local_deliver_finish", Work::kReceiving},
    {"ip_protocol_deliver_rcu", Work::kReceiving},
    {"ipv6_rcv", Work::kReceiving},
    {"ipv6_list_rcv", Work::kReceiving},
    {"ip6_rcv_core", Work::kReceiving},
    {"ip6_input", Work::kReceiving},
    {"ip6_input_finish", Work::kReceiving},
    {"ip6_protocol_deliver_rcu", Work::kReceiving},
    {"tcp_v4_rcv", Work::kReceiving},
    {"tcp_v4_do_rcv", Work::kReceiving},
    {"tcp_v4_early_demux", Work::kReceiving},
    {"tcp_v6_rcv", Work::kReceiving},
    {"tcp_v6_do_rcv", Work::kReceiving},
    {"tcp_v6_early_demux", Work::kReceiving},
    {"tcp_add_backlog", Work::kReceiving},
    {"tcp_rcv_established", Work::kReceiving},
    {"tcp_rcv_state_process", Work::kReceiving},
    {"tcp_data_queue", Work::kReceiving},
    {"tcp_data_queue_ofo", Work::kReceiving},
    {"tcp_queue_rcv", Work::kReceiving},
    {"tcp_try_coalesce", Work::kReceiving},
    {"skb_try_coalesce", Work::kReceiving},
    {"tcp_collapse", Work::kReceiving},
    {"tcp_ack", Work::kReceiving},
    {"tcp_clean_rtx_queue", Work::kReceiving},  // static; where it is not inlined
    {"tcp_event_data_recv", Work::kReceiving},
    {"__tcp_ack_snd_check", Work::kReceiving},
    {"__release_sock", Work::kReceiving},
    {"sk_backlog_rcv", Work::kReceiving},
    {"__sk_backlog_rcv", Work::kReceiving},
    {"release_sock", Work::kReceiving, "tcp_recvmsg"},
    {"release_sock", Work::kSending, "tcp_sendmsg"},
    {"__sys_recvfrom", Work::kReceiving},
    {"__x64_sys_recvfrom", Work::kReceiving},
    {"__sys_recvmsg", Work::kReceiving},
    {"__x64_sys_recvmsg", Work::kReceiving},
    {"___sys_recvmsg", Work::kReceiving},
    {"____sys_recvmsg", Work::kReceiving},
    {"sock_recvmsg", Work::kReceiving},
    {"sock_read_iter", Work::kReceiving},
    {"inet_recvmsg", Work::kReceiving},
    {"inet6_recvmsg", Work::kReceiving},
    {"tcp_recvmsg", Work::kReceiving},
    {"tcp_recvmsg_locked", Work::kReceiving},  // 5.12 on
    {"tcp_cleanup_rbuf", Work::kReceiving},
    {"__tcp_cleanup_rbuf", Work::kReceiving},  // 6.3 on
    {"tcp_rcv_space_adjust", Work::kReceiving},
    {"tcp_splice_read", Work::kReceiving},
    {"tcp_read_sock", Work::kReceiving},
    {"sock_splice_read", Work::kReceiving},
    {"do_splice", Work::kReceiving},
    {"__do_splice", Work::kReceiving},
    {"__x64_sys_splice", Work::kReceiving},
    {"skb_splice_bits", Work::kReceiving},
    {"splice_to_pipe", Work::kReceiving},
    {"sk_wait_data", Work::kScheduling},
    {"do_tcp_getsockopt", Work::kReceiving},
    {"__sys_getsockopt", Work::kReceiving},
    {"io_recv", Work::kReceiving},
    {"io_recvmsg", Work::kReceiving},
    {"io_recvzc", Work::kReceiving},
    {"udp_recvmsg", Work::kReceiving},
    {"udpv6_recvmsg", Work::kReceiving},
    {"udp_rcv", Work::kReceiving},
    {"__udp4_lib_rcv", Work::kReceiving},
    {"__udp6_lib_rcv", Work::kReceiving},
    {"udp_queue_rcv_skb", Work::kReceiving},
    {"udp_queue_rcv_one_skb", Work::kReceiving},
    {"__udp_enqueue_schedule_skb", Work::kReceiving},
    {"unix_stream_recvmsg", Work::kReceiving},
    {"unix_stream_read_generic", Work::kReceiving},
    {"tls_sw_recvmsg", Work::kReceiving},
    {"tls_strp_read_sock", Work::kReceiving},
    {"sock_poll", Work::kReceiving},
    {"tcp_poll", Work::kReceiving},
    {"udp_poll", Work::kReceiving},
    {"skb_attempt_defer_free", Work::kReceiving},  // 5.19 on
    {"skb_defer_free_flush", Work::kReceiving},
    {"tcp_write_timer", Work::kSending},
    {"tcp_delack_timer", Work::kReceiving},
    // Devices (net/core/dev.c, net/sched, drivers/net).
    {"dev_queue_xmit", Work::kDriver},  // to 5.18
    {"__dev_queue_xmit", Work::kDriver},
    {"__dev_direct_xmit", Work::kDriver},
    {"dev_hard_start_xmit", Work::kDriver},
    {"validate_xmit_skb", Work::kDriver},
    {"validate_xmit_skb_list", Work::kDriver},
    {"skb_gso_segment", Work::kDriver},
    {"__skb_gso_segment", Work::kDriver},
    {"sch_direct_xmit", Work::kDriver},
    {"__qdisc_run", Work::kDriver},
    {"net_tx_action", Work::kDriver},
    {"fq_enqueue", Work::kDriver},
    {"fq_dequeue", Work::kDriver},
    {"fq_codel_enqueue", Work::kDriver},
    {"fq_codel_dequeue", Work::kDriver},
    {"pfifo_fast_enqueue", Work::kDriver},
    {"pfifo_fast_dequeue", Work::kDriver},
    {"tbf_enqueue", Work::kDriver},
    {"tbf_dequeue", Work::kDriver},
    {"loopback_xmit", Work::kDriver},
    {"veth_xmit", Work::kDriver},
    {"veth_poll", Work::kDriver},
    {"__napi_poll", Work::kDriver},  // calls what else a driver has to poll with; 5.13 on
    {"napi_threaded_poll", Work::kDriver},
    {"veth_xdp_rcv", Work::kDriver},
    {"veth_xdp_rcv_skb", Work::kDriver},
    {"veth_forward_skb", Work::kDriver},
    {"e1000_xmit_frame", Work::kDriver},
    {"e1000e_poll", Work::kDriver},
    {"e1000_clean_rx_irq", Work::kDriver},
    {"e1000_clean_tx_irq", Work::kDriver},
    {"e1000_alloc_rx_buffers", Work::kDriver},
    {"e1000_intr_msix_rx", Work::kDriver},
    {"e1000_intr_msix_tx", Work::kDriver},
    {"pcnet32_start_xmit", Work::kDriver},
    {"pcnet32_poll", Work::kDriver},
    {"start_xmit", Work::kDriver},  // virtio_net
    {"virtnet_poll", Work::kDriver},
    {"virtnet_poll_tx", Work::kDriver},
    {"igb_xmit_frame", Work::kDriver},
    {"igb_poll", Work::kDriver},
    {"igc_xmit_frame", Work::kDriver},
    {"igc_poll", Work::kDriver},
    {"ixgbe_xmit_frame", Work::kDriver},
    {"ixgbe_poll", Work::kDriver},
    {"i40e_lan_xmit_frame", Work::kDriver},
    {"i40e_napi_poll", Work::kDriver},
    {"ice_start_xmit", Work::kDriver},
    {"ice_napi_poll", Work::kDriver},
    {"mlx4_en_xmit", Work::kDriver},
    {"mlx4_en_poll_rx_cq", Work::kDriver},
    {"mlx4_en_poll_tx_cq", Work::kDriver},
    {"mlx5e_xmit", Work::kDriver},
    {"mlx5e_napi_poll", Work::kDriver},
    {"mlx5e_poll_rx_cq", Work::kDriver},
    {"mlx5e_poll_tx_cq", Work::kDriver},
    {"bnxt_start_xmit", Work::kDriver},
    {"bnxt_poll", Work::kDriver},
    {"bnxt_poll_p5", Work::kDriver},
    {"ena_start_xmit", Work::kDriver},
    {"ena_io_poll", Work::kDriver},
    {"gve_tx", Work::kDriver},
    {"gve_napi_poll", Work::kDriver},
    {"gve_napi_poll_dqo", Work::kDriver},
    // Waiting and switching (kernel/sched, fs/select.c, fs/eventpoll.c).
    {"schedule", Work::kScheduling},
    {"__schedule", Work::kScheduling},
    {"schedule_timeout", Work::kScheduling},
    {"schedule_hrtimeout_range", Work::kScheduling},
    {"schedule_hrtimeout_range_clock", Work::kScheduling},
    {"schedule_idle", Work::kScheduling},
    {"__cond_resched", Work::kScheduling},
    {"preempt_schedule", Work::kScheduling},
    {"preempt_schedule_common", Work::kScheduling},
    {"preempt_schedule_irq", Work::kScheduling},
    {"wait_woken", Work::kScheduling},
    {"__skb_wait_for_more_packets", Work::kScheduling},
    {"unix_stream_data_wait", Work::kScheduling},
    {"sock_wait_for_wmem", Work::kScheduling},
    {"do_nanosleep", Work::kScheduling},
    {"hrtimer_nanosleep", Work::kScheduling},
    {"do_sys_poll", Work::kScheduling},
    {"__x64_sys_poll", Work::kScheduling},
    {"__x64_sys_ppoll", Work::kScheduling},
    {"ep_poll", Work::kScheduling},
    {"do_epoll_wait", Work::kScheduling},
    {"do_select", Work::kScheduling},
    {"futex_wait", Work::kScheduling},
    {"futex_wake", Work::kScheduling},
    {"do_futex", Work::kScheduling},
    {"io_cqring_wait", Work::kScheduling},
    {"scheduler_tick", Work::kScheduling},         // to 6.9
    {"sched_tick", Work::kScheduling},             // 6.10 on
    {"sched_balance_softirq", Work::kScheduling},  // 6.10 on
    {"run_rebalance_domains", Work::kScheduling},  // to 6.9
    {"sched_balance_domains", Work::kScheduling},
    {"nohz_run_idle_balance", Work::kScheduling},
    {"sched_ttwu_pending", Work::kScheduling},
    {"flush_smp_call_function_queue", Work::kScheduling},
    {"finish_task_switch", Work::kScheduling},
    // Timers, interrupts and what they put off.
    {"tick_nohz_handler", Work::kInterrupts},  // 6.9 on
    {"tick_sched_timer", Work::kInterrupts},   // to 6.8
    {"hrtimer_interrupt", Work::kInterrupts},
    {"run_timer_softirq", Work::kInterrupts},
    {"run_timer_base", Work::kInterrupts},
    {"hrtimer_run_softirq", Work::kInterrupts},
    {"rcu_core", Work::kInterrupts},
    {"rcu_core_si", Work::kInterrupts},
    {"handle_softirqs", Work::kInterrupts},  // 6.10 on, and stable kernels
    {"__do_softirq", Work::kInterrupts},
    {"do_softirq", Work::kInterrupts},
    {"__irq_exit_rcu", Work::kInterrupts},
    {"irq_exit_rcu", Work::kInterrupts},
    {"__local_bh_enable_ip", Work::kInterrupts},
    {"run_ksoftirqd", Work::kInterrupts},
    {"sysvec_apic_timer_interrupt", Work::kInterrupts},
    {"asm_sysvec_apic_timer_interrupt", Work::kInterrupts},
    {"sysvec_reschedule_ipi", Work::kInterrupts},
    {"asm_sysvec_reschedule_ipi", Work::kInterrupts},
    {"sysvec_call_function", Work::kInterrupts},
    {"sysvec_call_function_single", Work::kInterrupts},
    {"asm_sysvec_call_function_single", Work::kInterrupts},
    {"irqentry_exit_to_user_mode", Work::kInterrupts},  // 5.10 on
    {"common_interrupt", Work::kInterrupts},
    {"asm_common_interrupt", Work::kInterrupts},
    {"el1_interrupt", Work::kInterrupts},
    {"el0_interrupt", Work::kInterrupts},
    // Page faults and programs' memory.
    {"asm_exc_page_fault", Work::kMemory},
    {"exc_page_fault", Work::kMemory},
    {"do_user_addr_fault", Work::kMemory},
    {"handle_mm_fault", Work::kMemory},
    {"do_page_fault", Work::kMemory},
    {"do_mem_abort", Work::kMemory},  // arm64
    {"vm_mmap_pgoff", Work::kMemory},
    {"__vm_munmap", Work::kMemory},
    {"do_madvise", Work::kMemory},
    {"do_truncate", Work::kMemory},  // of a file whose pages are to be fresh
    {"do_sys_ftruncate", Work::kMemory},
    // The agent's own: clocks without a vDSO that reads them, and intervals between samples.
    {"__x64_sys_clock_gettime", Work::kOwnLoop},
    {"__arm64_sys_clock_gettime", Work::kOwnLoop},
    {"perf_ioctl", Work::kOwnLoop},
    // No work.
    {"do_idle", Work::kIdle},
    {"cpu_startup_entry", Work::kIdle},
    {"default_idle_call", Work::kIdle},
    {"cpuidle_enter_state", Work::kIdle},
    {"cpuidle_idle_call", Work::kIdle},
};

// Only as the innermost function of all: every system call's chain has them.
constexpr absl::string_view kEntries[] = {
    "entry_SYSCALL_64",
    "entry_SYSCALL_64_after_hwframe",
    "entry_SYSCALL_64_safe_stack",
    "syscall_return_via_sysret",
    "do_syscall_64",
    "x64_sys_call",                  // 6.9 on
    "syscall_enter_from_user_mode",  // 5.11 on
    "syscall_enter_from_user_mode_prepare",
    "syscall_trace_enter",
    "syscall_exit_to_user_mode",
    "syscall_exit_to_user_mode_prepare",
    "exit_to_user_mode_loop",
    "exit_to_user_mode_prepare",
    "syscall_exit_work",
    "__do_sys_io_uring_enter",
    "io_submit_sqes",
    "el0_svc",  // arm64
    "el0t_64_sync",
    "el0t_64_sync_handler",
    "el0_svc_common",
    "do_el0_svc",
    "invoke_syscall",
    "ret_to_user",
};

// Where interrupts are enabled again, what they held up happens: a sample that was due before lands
// here, whatever the time was spent on. Not what a chain is innermost about.
constexpr absl::string_view kEnableInterrupts[] = {
    "pvm_irq_enable",
    "__raw_callee_save_pvm_irq_enable",  // guests of a pagetable-based KVM
    "xen_irq_enable_direct",
    "native_irq_enable",
};

// What runs for others in whatever thread it finds.
constexpr absl::string_view kSoftirqs[] = {"net_rx_action", "net_tx_action", "handle_softirqs",
                                           "__do_softirq"};

// Functions of copycost-agent's that are kept apart for this (agent/content, agent/send_modes).
constexpr Rule kAgent[] = {
    {"copycost::FreshMemory::MoveTo", Work::kMemory},  // faults pages in
    {"copycost::FreshMemory::FaultIn", Work::kMemory},
    {"copycost::StageMessage", Work::kStaging},
    {"copycost::TouchBytes", Work::kTouch},
    {"copycost::WritePattern", Work::kTouch},
    {"copycost::SumBytes", Work::kRead},
    {"copycost::FindDifference", Work::kRead},
};

using Rules = std::unordered_multimap<std::string, const Rule*>;

Rules ByFunction(absl::Span<const Rule> rules) {
  Rules by_function;
  for (const Rule& rule : rules) by_function.emplace(rule.function, &rule);
  return by_function;
}

const Rules& KernelRules() {
  static const Rules& rules = *new Rules(ByFunction(kKernel));
  return rules;
}

const Rules& AgentRules() {
  static const Rules& rules = *new Rules(ByFunction(kAgent));
  return rules;
}

class Chain {
 public:
  Chain(const v1::Profile& profile, const v1::Stack& stack) : profile_(profile), stack_(stack) {}

  // Without what a compiler adds: "finish_task_switch.isra.0".
  absl::string_view Name(int frame) const {
    const absl::string_view name = record::FrameName(profile_, stack_, frame);
    return name.substr(0, name.find('.'));
  }
  int kernel_frames() const { return record::KernelFrames(stack_); }
  int frames() const { return stack_.frames_size(); }

  bool HasBeyond(int frame, absl::string_view function) const {
    for (int outer = frame + 1; outer < kernel_frames(); ++outer) {
      if (Name(outer) == function) return true;
    }
    return false;
  }

  // The rule of a function that says more of the chain goes first. Null: none.
  const Rule* RuleOf(int frame, const Rules& rules) const {
    const Rule* found = nullptr;
    const auto [begin, end] = rules.equal_range(std::string(Name(frame)));
    for (auto rule = begin; rule != end; ++rule) {
      if (rule->second->within.empty()) {
        if (found == nullptr) found = rule->second;
      } else if (HasBeyond(frame, rule->second->within)) {
        found = rule->second;
      }
    }
    return found;
  }

 private:
  const v1::Profile& profile_;
  const v1::Stack& stack_;
};

bool IsOneOf(absl::string_view function, absl::Span<const absl::string_view> functions) {
  return std::find(functions.begin(), functions.end(), function) != functions.end();
}

// How many frames of the kernel, from the innermost on, are work for copycost's flows, or for
// nobody: of another program's call, those of the softirq that interrupted it.
int FramesThatCount(const Chain& chain, v1::Runner runner) {
  const bool of_program = chain.frames() > chain.kernel_frames();
  if (runner != v1::RUNNER_OTHER || !of_program) return chain.kernel_frames();
  for (int frame = chain.kernel_frames() - 1; frame >= 0; --frame) {
    if (IsOneOf(chain.Name(frame), kSoftirqs)) return frame + 1;
  }
  return 0;
}

Work WithoutRule(v1::Runner runner) {
  return runner == v1::RUNNER_OTHER ? Work::kOtherPrograms : Work::kUnknown;
}

Work InKernel(const Chain& chain, v1::Runner runner) {
  const int frames = FramesThatCount(chain, runner);
  for (int frame = 0; frame < frames; ++frame) {
    if (const Rule* rule = chain.RuleOf(frame, KernelRules())) return rule->work;
  }
  int innermost = 0;
  while (innermost < frames && IsOneOf(chain.Name(innermost), kEnableInterrupts)) ++innermost;
  const bool enters = innermost < frames && IsOneOf(chain.Name(innermost), kEntries);
  return enters ? Work::kSystemCall : WithoutRule(runner);
}

}  // namespace

absl::Span<const WorkName> WorkNames() { return kNames; }

Work WorkOf(const v1::Profile& profile, const v1::Stack& stack) {
  const Chain chain(profile, stack);
  if (chain.kernel_frames() > 0) return InKernel(chain, stack.runner());
  if (stack.runner() == v1::RUNNER_OTHER) return Work::kOtherPrograms;
  for (int frame = 0; frame < chain.frames(); ++frame) {
    if (const Rule* rule = chain.RuleOf(frame, AgentRules())) return rule->work;
  }
  return Work::kOwnLoop;
}

}  // namespace copycost::analysis
