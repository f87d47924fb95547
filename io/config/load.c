// Loads a run configuration: file, overrides, table, rules, problems.
#include "io/config/load.h"

#include "engine/shared/memory.h"
#include "io/config/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void config_problems_free(ConfigProblems *problems) {
  free(problems->text);
  memset(problems, 0, sizeof *problems);
}

// Folder of a path as an absolute path without links; "/" is "".
static char *folder_of(const char *path) {
  const char *slash = strrchr(path, '/');
  char *folder = slash == NULL ? memory_text(".") : memory_text_n(path, (size_t)(slash - path) + 1);
  char *real = realpath(folder, NULL);
  if (real != NULL) {
    free(folder);
    folder = real;
  }
  if (strcmp(folder, "/") == 0) folder[0] = '\0';
  return folder;
}

static Status read_failed(const char *path, Error *error) {
  if (errno == ENOENT || errno == ENOTDIR)
    return error_set(error, STATUS_MISSING, "%.1000s: no such configuration file", path);
  return error_set(error, STATUS_IO, "%.1000s: %s", path, strerror(errno));
}

// The whole of a regular file, at most one byte more than a configuration may have.
static Status read_file(char **text, size_t *length, const char *path, Error *error) {
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return read_failed(path, error);
  struct stat facts;
  if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    close(file);
    return error_set(error, STATUS_DATA, "%.1000s is not a regular file", path);
  }
  char *bytes = memory_get(YAML_BYTES_MAX + 1, 1);
  size_t used = 0;
  ssize_t got = 1;
  while (got > 0 && used < YAML_BYTES_MAX + 1) {
    got = read(file, bytes + used, YAML_BYTES_MAX + 1 - used);
    if (got < 0 && errno == EINTR)
      got = 1;
    else if (got > 0)
      used += (size_t)got;
  }
  int saved = errno;
  close(file);
  if (got < 0) {
    free(bytes);
    errno = saved;
    return read_failed(path, error);
  }
  *text = bytes;
  *length = used;
  return STATUS_OK;
}

static Source *make_sources(const char *label, const char *text, size_t length,
                            const ConfigOverride *overrides, int count) {
  Source *sources = memory_get((size_t)count + 1, sizeof *sources);
  sources[0] = (Source){label, text, length, false, 0};
  for (int i = 0; i < count; i++) {
    const char *set = overrides[i].text;
    char *label_set = memory_format("--set %.200s", set);
    for (char *c = label_set; *c != '\0'; c++) {
      if ((unsigned char)*c < 0x20) *c = ' ';
    }
    sources[i + 1] = (Source){label_set, set, strlen(set), true, i + 1};
  }
  return sources;
}

static void free_sources(Source *sources, int count) {
  for (int i = 0; i < count; i++) free((char *)sources[i + 1].label);
  free(sources);
}

static Status report(ConfigProblems *problems, ProblemList *list, const char *label, Error *error) {
  char *text = problem_list_text(list);
  int count = list->count;
  if (problems == NULL) {
    error_set(error, STATUS_CONFIG, "%.*s", (int)strcspn(text, "\n"), text);
  } else {
    problems->text = memory_text(text);
    problems->count = count;
    error_set(error, STATUS_CONFIG, "%.1000s: %d error%s in the configuration; nothing was started", label,
              count, count == 1 ? "" : "s");
  }
  free(text);
  return STATUS_CONFIG;
}

Status config_load_text(Config **config, ConfigProblems *problems, const char *label, const char *text,
                        size_t length, const char *folder, const ConfigOverride *overrides,
                        int override_count, Error *error) {
  ProblemList list = {0};
  char *working = folder_of("x");
  Loader loader = {.reader = {&list, folder, working}};
  Source *sources = make_sources(label, text, length, overrides, override_count);
  Status status = STATUS_OK;
  *config = NULL;
  if (problems != NULL) *problems = (ConfigProblems){NULL, 0};
  loader.root = yaml_parse(&sources[0], 0, &list);
  loader.config = memory_get(1, sizeof *loader.config);
  loader.config->path = memory_text(label);
  if (loader.root != NULL) {
    for (int i = 0; i < override_count; i++) apply_override(&loader, &sources[i + 1]);
    read_config(&loader);
    finish_config(&loader);
  }
  if (list.count > 0) {
    status = report(problems, &list, label, error);
    config_free(loader.config);
  } else {
    *config = loader.config;
  }
  yaml_free(loader.root);
  problem_list_free(&list);
  free_sources(sources, override_count);
  free(working);
  return status;
}

Status config_load(Config **config, ConfigProblems *problems, const char *path,
                   const ConfigOverride *overrides, int override_count, Error *error) {
  char *text = NULL;
  size_t length = 0;
  *config = NULL;
  if (problems != NULL) *problems = (ConfigProblems){NULL, 0};
  PASS(read_file(&text, &length, path, error));
  char *folder = folder_of(path);
  Status status =
      config_load_text(config, problems, path, text, length, folder, overrides, override_count, error);
  free(folder);
  free(text);
  return status;
}
