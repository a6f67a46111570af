#include "agent/measure/sample_ring.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <cstring>

namespace copycost {
namespace {

// Words of a sample before its chain: process and thread, weight, length of the chain.
constexpr size_t kWordsBeforeChain = 3;

bool IsContext(uint64_t address) { return address >= static_cast<uint64_t>(PERF_CONTEXT_MAX); }

}  // namespace

void SampleRing::Copy(uint64_t at, void* to, size_t size) const {
  const size_t from = at % data_.size();
  const size_t before_end = std::min(size, data_.size() - from);
  std::memcpy(to, data_.data() + from, before_end);
  std::memcpy(static_cast<std::byte*>(to) + before_end, data_.data(), size - before_end);
}

// The kernel publishes by data_head what it has written; data_tail gives it back.
void SampleRing::Read(absl::FunctionRef<void(const CpuSample&)> take) {
  auto* const page = static_cast<perf_event_mmap_page*>(control_);
  const uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
  uint64_t tail = page->data_tail;
  while (tail < head) {
    perf_event_header header;
    Copy(tail, &header, sizeof(header));
    if (header.size < sizeof(header) || header.size % sizeof(uint64_t) != 0 ||
        header.size > head - tail) {
      ++lost_;
      tail = head;
      break;
    }
    record_.resize((header.size - sizeof(header)) / sizeof(uint64_t));
    Copy(tail + sizeof(header), record_.data(), header.size - sizeof(header));
    TakeRecord(header.type, take);
    tail += header.size;
  }
  __atomic_store_n(&page->data_tail, tail, __ATOMIC_RELEASE);
}

void SampleRing::TakeRecord(uint32_t type, absl::FunctionRef<void(const CpuSample&)> take) {
  if (type == PERF_RECORD_LOST && record_.size() >= 2) lost_ += record_[1];
  if (type != PERF_RECORD_SAMPLE) return;
  if (record_.size() < kWordsBeforeChain || record_[2] > record_.size() - kWordsBeforeChain) {
    ++lost_;
    return;
  }
  int32_t ids[2];
  std::memcpy(ids, record_.data(), sizeof(ids));
  sample_.process = ids[0];
  sample_.thread = ids[1];
  sample_.weight = record_[1];
  sample_.kernel.clear();
  sample_.user.clear();
  std::vector<uint64_t>* part = nullptr;
  for (size_t i = 0; i < record_[2]; ++i) {
    const uint64_t address = record_[kWordsBeforeChain + i];
    if (!IsContext(address)) {
      if (part != nullptr) part->push_back(address);
      continue;
    }
    const bool kernel = address == static_cast<uint64_t>(PERF_CONTEXT_KERNEL);
    const bool user = address == static_cast<uint64_t>(PERF_CONTEXT_USER);
    part = kernel ? &sample_.kernel : user ? &sample_.user : nullptr;
  }
  take(sample_);
}

}  // namespace copycost
