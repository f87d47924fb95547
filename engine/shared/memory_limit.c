// Reads the limits on memory from getrlimit, /proc and the control group's files.
#include "engine/shared/memory_limit.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, FILE_BYTES = 16384 };

static void take(MemoryLimit *least, size_t limit, size_t used, const char *name) {
  size_t left = limit > used ? limit - used : 0;
  if (left < least->bytes) *least = (MemoryLimit){left, name};
}

// A file as text, cut at `room` bytes: read without allocating, for there may be nothing left. Empty where it
// cannot be read.
static void read_text(char *text, size_t room, const char *path) {
  size_t length = 0;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  for (ssize_t got = 1; file >= 0 && got > 0 && length<room - 1; length += got> 0 ? (size_t)got : 0)
    got = read(file, text + length, room - 1 - length);
  text[length] = '\0';
  if (file >= 0) close(file);
}

static const char *next_line(const char *line) {
  const char *end = strchr(line, '\n');
  return end == NULL ? line + strlen(line) : end + 1;
}

// The number behind `name` in the lines of a file, in units of `unit` bytes; `missing` where it is not there.
static size_t number_in(const char *path, const char *name, size_t unit, size_t missing) {
  char text[FILE_BYTES];
  read_text(text, sizeof text, path);
  for (const char *line = text; *line != '\0'; line = next_line(line)) {
    char *end;
    if (strncmp(line, name, strlen(name)) != 0) continue;
    unsigned long long number = strtoull(line + strlen(name), &end, 10);
    if (end != line + strlen(name) && number <= SIZE_MAX / unit) return (size_t)number * unit;
  }
  return missing;
}

// ---- limits of this process ----

// Pages of /proc/self/statm: size, resident, shared, text, 0, data.
static size_t pages_of_process(int field) {
  char text[FILE_BYTES], *at = text;
  unsigned long long pages = 0;
  read_text(text, sizeof text, "/proc/self/statm");
  for (int i = 0; i <= field; i++) pages = strtoull(at, &at, 10);
  return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void take_process_limits(MemoryLimit *least) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    take(least, (size_t)limit.rlim_cur, pages_of_process(0), "the limit on its address space (ulimit -v)");
  if (getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    take(least, (size_t)limit.rlim_cur, pages_of_process(5), "the limit on its data (ulimit -d)");
}

// ---- control groups ----

// One folder of a control group: files of version 2, or of version 1.
static void take_group(MemoryLimit *least, const char *folder, int version) {
  char path[PATH_BYTES + 64];
  snprintf(path, sizeof path, "%s/%s", folder, version == 2 ? "memory.max" : "memory.limit_in_bytes");
  size_t limit = number_in(path, "", 1, SIZE_MAX); // "max": none
  if (limit > SIZE_MAX / 4) return;
  snprintf(path, sizeof path, "%s/%s", folder, version == 2 ? "memory.current" : "memory.usage_in_bytes");
  size_t used = number_in(path, "", 1, 0);
  snprintf(path, sizeof path, "%s/memory.stat", folder);
  const char *prefix = version == 2 ? "" : "total_";
  char active[32], inactive[32];
  snprintf(active, sizeof active, "%sactive_file ", prefix);
  snprintf(inactive, sizeof inactive, "%sinactive_file ", prefix);
  size_t cached = number_in(path, active, 1, 0) + number_in(path, inactive, 1, 0);
  take(least, limit, used > cached ? used - cached : 0, "the memory limit of its control group");
}

// The group's folder and those above it; inside a container its path may not be visible, its root is.
static void take_groups(MemoryLimit *least, const char *root, const char *mount, char *path, int version) {
  char folder[PATH_BYTES];
  for (;;) {
    char *slash = strrchr(path, '/');
    if (snprintf(folder, sizeof folder, "%s%s%s", root, mount, strcmp(path, "/") == 0 ? "" : path) <
        (int)sizeof folder)
      take_group(least, folder, version);
    if (slash == NULL || strcmp(path, "/") == 0) return;
    slash[slash == path ? 1 : 0] = '\0';
  }
}

// Lines NUMBER:CONTROLLERS:PATH; version 2 has number 0 and no controllers.
static void take_control_groups(MemoryLimit *least, const char *root) {
  char text[FILE_BYTES], path[PATH_BYTES];
  snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
  read_text(text, sizeof text, path);
  for (const char *line = text; *line != '\0'; line = next_line(line)) {
    size_t length = strcspn(line, "\n");
    const char *controllers = memchr(line, ':', length);
    const char *group =
        controllers == NULL ? NULL : memchr(controllers + 1, ':', length - (size_t)(controllers + 1 - line));
    if (group == NULL || group[1] != '/') continue;
    snprintf(path, sizeof path, "%.*s", (int)(line + length - group - 1), group + 1);
    if (strncmp(line, "0::", 3) == 0) take_groups(least, root, "/sys/fs/cgroup", path, 2);
    if (memmem(controllers, (size_t)(group - controllers), "memory", strlen("memory")) != NULL)
      take_groups(least, root, "/sys/fs/cgroup/memory", path, 1);
  }
}

// ---- all of them ----

MemoryLimit memory_left_under(const char *root) {
  MemoryLimit least = {SIZE_MAX, "nothing"};
  char path[PATH_BYTES];
  take_process_limits(&least);
  take_control_groups(&least, root);
  snprintf(path, sizeof path, "%s/proc/meminfo", root);
  size_t available = number_in(path, "MemAvailable:", 1024, SIZE_MAX);
  if (available < SIZE_MAX)
    take(&least, available + number_in(path, "SwapFree:", 1024, 0), 0, "what this machine has available");
  return least;
}

MemoryLimit memory_left(void) {
  return memory_left_under("");
}

size_t memory_resident(void) {
  return pages_of_process(1);
}

size_t memory_peak(void) {
  return number_in("/proc/self/status", "VmHWM:", 1024, 0);
}

Status memory_check(size_t bytes, const char *what, const char *remedy, Error *error) {
  MemoryLimit left = memory_left();
  if (bytes <= left.bytes) return STATUS_OK;
  return error_set(error, STATUS_UNAVAILABLE,
                   "%s takes %zu bytes (%.1f MiB) and %zu (%.1f MiB) are left to this process by %s: %s",
                   what, bytes, (double)bytes / 0x1p20, left.bytes, (double)left.bytes / 0x1p20, left.name,
                   remedy);
}
