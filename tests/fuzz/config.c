// Fuzzer of configurations: YAML text to a Config, and what it resolves to, which must load again.
#include "engine/shared/config.h"
#include "io/config/load.h"
#include "io/config/write.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static Status load(Config **config, const char *text, size_t length, Error *error) {
  ConfigProblems problems = {0};
  Status status = config_load_text(config, &problems, "input.yaml", text, length, "/", NULL, 0, error);
  if ((status == STATUS_OK) != (*config != NULL)) abort();
  if (problems.count > 0 && (status == STATUS_OK || problems.text == NULL)) abort();
  config_problems_free(&problems);
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Config *config = NULL, *again = NULL;
  Error error = {0};
  Status status = load(&config, (const char *)data, size, &error);
  fuzz_settled(status, &error);
  if (config != NULL) {
    char *resolved = config_write_resolved(config);
    if (load(&again, resolved, strlen(resolved), &error) != STATUS_OK) abort();
    if (strcmp(config->bits_text, again->bits_text) != 0) abort();
    free(resolved);
  }
  config_free(again);
  config_free(config);
  return 0;
}
