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

// The text, its tree and the problems found in it. The sources own their texts.
struct ConfigOrigin {
  Source *sources; // the file, then the overrides
  int source_count;
  YamlNode *root;
  ProblemList problems;
};

static void origin_free(ConfigOrigin *origin) {
  if (origin == NULL) return;
  yaml_free(origin->root);
  problem_list_free(&origin->problems);
  for (int i = 0; i < origin->source_count; i++) {
    free((char *)origin->sources[i].label);
    free((char *)origin->sources[i].text);
  }
  free(origin->sources);
  free(origin);
}

void config_problems_free(ConfigProblems *problems) {
  free(problems->text);
  origin_free(problems->origin);
  *problems = (ConfigProblems){0};
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

static ConfigOrigin *origin_new(const char *label, const char *text, size_t length,
                                const ConfigOverride *overrides, int count) {
  ConfigOrigin *origin = memory_get(1, sizeof *origin);
  origin->sources = memory_get((size_t)count + 1, sizeof *origin->sources);
  origin->source_count = count + 1;
  origin->sources[0] = (Source){memory_text(label), memory_text_n(text, length), length, false, 0};
  for (int i = 0; i < count; i++) {
    const char *set = overrides[i].text;
    char *label_set = memory_format("--set %.200s", set);
    for (char *c = label_set; *c != '\0'; c++) {
      if ((unsigned char)*c < 0x20) *c = ' ';
    }
    origin->sources[i + 1] = (Source){label_set, memory_text(set), strlen(set), true, i + 1};
  }
  return origin;
}

// The problems as a text, and their number as a sentence; where nobody takes the text the first is the
// sentence.
static Status report(ConfigProblems *problems, ConfigOrigin *origin, Status status, Error *error) {
  char *text = problem_list_text(&origin->problems);
  int count = origin->problems.count;
  if (problems == NULL) {
    error_set(error, status, "%.*s", (int)strcspn(text, "\n"), text);
    free(text);
    return status;
  }
  free(problems->text);
  problems->text = text;
  problems->count = count;
  return error_set(error, status, "%.1000s: %d error%s in the configuration; nothing was started",
                   origin->sources[0].label, count, count == 1 ? "" : "s");
}

void complain_at(ProblemList *problems, YamlNode *root, const char *key, int column, const char *sentence) {
  bool whole;
  Place place;
  const YamlNode *node = yaml_follow(root, key, &whole);
  if (!whole || column == 0) {
    problem_add(problems, whole ? node->place : node->key_place, "%s", sentence);
  } else if (yaml_place_within(&place, node, (size_t)column - 1)) {
    problem_add(problems, place, "%s: %s", key, sentence);
  } else {
    problem_add(problems, place, "%s: column %d: %s", key, column, sentence);
  }
}

void config_problem_add(ConfigProblems *problems, const char *key, int column, const char *sentence) {
  complain_at(&problems->origin->problems, problems->origin->root, key, column, sentence);
}

bool config_has_key(const ConfigProblems *problems, const char *key) {
  bool whole;
  yaml_follow(problems->origin->root, key, &whole);
  return whole;
}

ConfigProblem config_problem(const ConfigProblems *problems, int index) {
  const Problem *problem = &problems->origin->problems.items[index];
  return (ConfigProblem){problem->place.source->label, problem->sentence, problem->place.line,
                         problem->place.column};
}

Status config_problems_report(ConfigProblems *problems, Status status, Error *error) {
  if (problems->origin->problems.count == 0) return STATUS_OK;
  return report(problems, problems->origin, status, error);
}

Status config_load_text(Config **config, ConfigProblems *problems, const char *label, const char *text,
                        size_t length, const char *folder, const ConfigOverride *overrides,
                        int override_count, Error *error) {
  ConfigOrigin *origin = origin_new(label, text, length, overrides, override_count);
  char *working = folder_of("x");
  Loader loader = {.reader = {&origin->problems, folder, working}};
  Status status = STATUS_OK;
  *config = NULL;
  if (problems != NULL) *problems = (ConfigProblems){0};
  loader.root = origin->root = yaml_parse(&origin->sources[0], 0, &origin->problems);
  loader.config = memory_get(1, sizeof *loader.config);
  loader.config->path = memory_text(label);
  if (loader.root != NULL) {
    for (int i = 0; i < override_count; i++) apply_override(&loader, &origin->sources[i + 1]);
    read_config(&loader);
    finish_config(&loader);
  }
  if (origin->problems.count > 0) {
    status = report(problems, origin, STATUS_CONFIG, error);
    config_free(loader.config);
  } else {
    *config = loader.config;
  }
  if (problems != NULL)
    problems->origin = origin;
  else
    origin_free(origin);
  free(working);
  return status;
}

Status config_load(Config **config, ConfigProblems *problems, const char *path,
                   const ConfigOverride *overrides, int override_count, Error *error) {
  char *text = NULL;
  size_t length = 0;
  *config = NULL;
  if (problems != NULL) *problems = (ConfigProblems){0};
  PASS(read_file(&text, &length, path, error));
  char *folder = folder_of(path);
  Status status =
      config_load_text(config, problems, path, text, length, folder, overrides, override_count, error);
  free(folder);
  free(text);
  return status;
}
