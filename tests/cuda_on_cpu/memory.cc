// Device memory of the grid on a CPU, by mmap and protection keys.
#include "tests/cuda_on_cpu/memory.h"

#include <map>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

namespace cpu_grid {
namespace {

enum : size_t { PAGE = 4096, ALIGNMENT = 256 };
enum { UNTOUCHED = 0xff }; // NaN as a float or a double

// mapped: guard page, pages, guard page. The block and its padding end where the last guard begins.
struct DeviceBlock {
  unsigned char *start, *mapped;
  size_t bytes, padding, mapped_bytes;
};

std::map<uintptr_t, DeviceBlock> blocks; // by start
size_t used;

size_t round_up(size_t bytes, size_t to) {
  return (bytes + to - 1) / to * to;
}

int key() {
  static const int allocated = pkey_alloc(0, PKEY_DISABLE_ACCESS);
  return allocated;
}

int depth; // DeviceAccess alive

} // namespace

size_t device_bytes() {
  static const size_t bytes = environment_says("small") ? (size_t)1 << 20 : (size_t)4 << 30;
  return bytes;
}

bool device_is_closed_to_host() {
  return key() >= 0;
}

DeviceAccess::DeviceAccess() {
  if (depth++ == 0 && key() >= 0) pkey_set(key(), 0);
}
DeviceAccess::~DeviceAccess() {
  if (--depth == 0 && key() >= 0) pkey_set(key(), PKEY_DISABLE_ACCESS);
}

void *device_allocate(size_t bytes) {
  if (bytes > device_bytes() - used) return nullptr;
  DeviceBlock block = {};
  size_t inner = round_up(bytes, ALIGNMENT), pages = round_up(inner, PAGE);
  block.mapped_bytes = pages + 2 * PAGE;
  void *mapped = mmap(nullptr, block.mapped_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  block.mapped = (unsigned char *)mapped;
  unsigned char *first = block.mapped + PAGE;
  if (key() >= 0)
    pkey_mprotect(first, pages, PROT_READ | PROT_WRITE, key());
  else
    mprotect(first, pages, PROT_READ | PROT_WRITE);
  DeviceAccess access;
  memset(first, UNTOUCHED, pages);
  block.start = first + pages - inner;
  block.bytes = bytes;
  block.padding = inner - bytes;
  used += bytes;
  blocks[(uintptr_t)block.start] = block;
  return block.start;
}

bool device_release(void *start) {
  auto found = blocks.find((uintptr_t)start);
  if (found == blocks.end()) return false;
  used -= found->second.bytes;
  munmap(found->second.mapped, found->second.mapped_bytes);
  blocks.erase(found);
  return true;
}

size_t device_free_bytes() {
  return device_bytes() - used;
}

bool device_holds(const void *address, size_t bytes) {
  auto next = blocks.upper_bound((uintptr_t)address);
  if (next == blocks.begin()) return false;
  const DeviceBlock &block = std::prev(next)->second;
  size_t at = (size_t)((const unsigned char *)address - block.start);
  return at <= block.bytes && bytes <= block.bytes - at;
}

void device_describe(char *text, size_t size, const void *address) {
  const unsigned char *at = (const unsigned char *)address;
  for (const auto &entry : blocks) {
    const DeviceBlock &block = entry.second;
    if (at < block.mapped || at >= block.mapped + block.mapped_bytes) continue;
    const unsigned char *end = block.start + block.bytes;
    if (at < block.start)
      snprintf(text, size, "%td bytes before a block of %zu bytes", block.start - at, block.bytes);
    else if (at < end)
      snprintf(text, size, "inside a block of %zu bytes", block.bytes);
    else
      snprintf(text, size, "%td bytes after the end of a block of %zu bytes", at - end, block.bytes);
    return;
  }
  snprintf(text, size, "%p, in no block of device memory", address);
}

bool device_overwritten(char *text, size_t size) {
  DeviceAccess access;
  bool any = false;
  for (auto &entry : blocks) {
    unsigned char *padding = entry.second.start + entry.second.bytes;
    for (size_t i = 0; i < entry.second.padding; i++) {
      if (padding[i] == UNTOUCHED) continue;
      if (!any) device_describe(text, size, padding + i);
      any = true;
      padding[i] = UNTOUCHED;
    }
  }
  return any;
}

} // namespace cpu_grid
