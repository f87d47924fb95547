// Whether a checkpoint belongs to a configuration and data, and the first thing that differs.
#include "io/checkpoint/checkpoint.h"

#include "engine/shared/memory.h"
#include "io/config/write.h"

#include <stdlib.h>
#include <string.h>

static Status match_config(const Checkpoint *checkpoint, const TensorView *config, const char *bits_text,
                           Error *error) {
  size_t length = tensor_bytes(config);
  if (strlen(bits_text) == length && memcmp(config->data, bits_text, length) == 0) return STATUS_OK;
  char *theirs = memory_text_n(config->data, length);
  ConfigDifference difference = config_difference(theirs, bits_text);
  const char *key = difference.key != NULL ? difference.key : "its text"; // a NUL within theirs
  error_set(
      error, STATUS_CONFIG,
      "the checkpoint '%s' belongs to another configuration: its %.200s is %.200s, here it is %.200s; move "
      "it back to its run, or train this configuration in a folder of its own",
      checkpoint->path, key, difference.key != NULL ? difference.left : "damaged",
      difference.key != NULL ? difference.right : "whole");
  config_difference_free(&difference);
  free(theirs);
  return STATUS_CONFIG;
}

Status checkpoint_match(const Checkpoint *checkpoint, const char *bits_text,
                        const uint8_t data_digest[DIGEST_BYTES], Error *error) {
  const TensorView *config = tensor_set_find(&checkpoint->tensors, "state.config");
  const TensorView *data = tensor_set_find(&checkpoint->tensors, "state.data");
  if (config == NULL || data == NULL || config->dtype != DTYPE_U8 || data->dtype != DTYPE_U8 ||
      tensor_bytes(data) != DIGEST_BYTES) {
    return error_set(error, STATUS_DATA,
                     "the checkpoint '%s' does not say which configuration and data it belongs to: it lacks "
                     "state.config or state.data",
                     checkpoint->path);
  }
  PASS(match_config(checkpoint, config, bits_text, error));
  if (memcmp(data->data, data_digest, DIGEST_BYTES) == 0) return STATUS_OK;
  char theirs[DIGEST_HEX], ours[DIGEST_HEX];
  sha256_hex(theirs, data->data);
  sha256_hex(ours, data_digest);
  return error_set(
      error, STATUS_CONFIG,
      "the checkpoint '%s' was trained on other data: its digest is %.12s, here it is %.12s; give "
      "the file it was trained on, or train on this one in a folder of its own",
      checkpoint->path, theirs, ours);
}
