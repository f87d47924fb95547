// Reads the limits on memory from getrlimit, /proc and the control group's files.
#include "engine/shared/memory_limit.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, LINE_BYTES = 4096 };

static void take(MemoryLimit *least, size_t limit, size_t used, const char *name) {
  size_t left = limit > used ? limit - used : 0;
  if (left < least->bytes) *least = (MemoryLimit){left, name};
}

// The number behind `name` in the lines of a file, in units of `unit` bytes; `missing` where it is not there.
static size_t number_in(const char *path, const char *name, size_t unit, size_t missing) {
  char line[LINE_BYTES];
  size_t found = missing, length = strlen(name);
  FILE *file = fopen(path, "re");
  if (file == NULL) return missing;
  while (found == missing && fgets(line, sizeof line, file) != NULL) {
    char *end;
    if (strncmp(line, name, length) != 0) continue;
    unsigned long long number = strtoull(line + length, &end, 10);
    if (end != line + length && number <= SIZE_MAX / unit) found = (size_t)number * unit;
  }
  fclose(file);
  return found;
}

// ---- limits of this process ----

// Pages of /proc/self/statm: size, resident, shared, text, 0, data.
static size_t pages_of_process(int field) {
  unsigned long pages[6] = {0};
  FILE *file = fopen("/proc/self/statm", "re");
  if (file == NULL) return 0;
  int read = fscanf(file, "%lu %lu %lu %lu %lu %lu", &pages[0], &pages[1], &pages[2], &pages[3], &pages[4],
                    &pages[5]);
  fclose(file);
  return read == 6 ? (size_t)pages[field] * (size_t)sysconf(_SC_PAGESIZE) : 0;
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
  path[strcspn(path, "\n")] = '\0';
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
  char line[LINE_BYTES], path[PATH_BYTES];
  snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
  FILE *file = fopen(path, "re");
  if (file == NULL) return;
  while (fgets(line, sizeof line, file) != NULL) {
    char *controllers = strchr(line, ':'), *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (group == NULL || group[1] != '/') continue;
    *group++ = '\0';
    if (strcmp(line, "0:") == 0) take_groups(least, root, "/sys/fs/cgroup", group, 2);
    if (strstr(controllers, "memory") != NULL) take_groups(least, root, "/sys/fs/cgroup/memory", group, 1);
  }
  fclose(file);
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
