// Loads configurations from text for the tests of io/config.
#ifndef INGOT_TESTS_IO_CONFIG_CASE_H
#define INGOT_TESTS_IO_CONFIG_CASE_H

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

extern "C" {
#include "io/config/load.h"
#include "io/config/write.h"
}

struct Loaded {
  Config *config = nullptr;
  std::string problems, bits, resolved, error;
  int status = 0, count = 0;
  Loaded() = default;
  Loaded(Loaded &&other) noexcept { *this = std::move(other); }
  Loaded &operator=(Loaded &&other) noexcept {
    std::swap(config, other.config);
    problems = other.problems, bits = other.bits, resolved = other.resolved, error = other.error;
    status = other.status, count = other.count;
    return *this;
  }
  ~Loaded() { config_free(config); }
};

inline std::string take(char *text) {
  std::string copy = text;
  free(text);
  return copy;
}

inline void finish(Loaded *result, ConfigProblems *problems, const Error &error) {
  if (problems->text != nullptr) result->problems = problems->text;
  result->count = problems->count;
  result->error = error.text;
  config_problems_free(problems);
  if (result->config == nullptr) return;
  result->bits = result->config->bits_text;
  result->resolved = take(config_write_resolved(result->config));
}

inline std::vector<ConfigOverride> overrides_of(const std::vector<std::string> &sets) {
  std::vector<ConfigOverride> overrides;
  for (const std::string &set : sets) overrides.push_back({set.c_str()});
  return overrides;
}

inline Loaded load(const std::string &text, const std::vector<std::string> &sets = {},
                   const char *folder = "/folder") {
  Loaded result;
  std::vector<ConfigOverride> overrides = overrides_of(sets);
  ConfigProblems problems = {};
  Error error = {};
  result.status = config_load_text(&result.config, &problems, "c.yaml", text.data(), text.size(), folder,
                                   overrides.data(), (int)overrides.size(), &error);
  finish(&result, &problems, error);
  return result;
}

inline Loaded load_file(const std::string &path, const std::vector<std::string> &sets = {}) {
  Loaded result;
  std::vector<ConfigOverride> overrides = overrides_of(sets);
  ConfigProblems problems = {};
  Error error = {};
  result.status =
      config_load(&result.config, &problems, path.c_str(), overrides.data(), (int)overrides.size(), &error);
  finish(&result, &problems, error);
  return result;
}

// The smallest configuration; four lines.
static const char *const SMALL = "name: small\n"
                                 "data:\n"
                                 "  file: rows.h5\n"
                                 "  target: {column: y, task: binary, positive: 1}\n";

#endif
