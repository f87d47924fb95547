// Whether a checkpoint belongs to a configuration and data, and the first thing that differs.
#include "io/checkpoint/checkpoint.h"

#include <stdio.h>
#include <string.h>

// One line `key=value` of a bits text; length 0 at its end.
typedef struct Line {
  const char *key, *value;
  int key_length, value_length;
} Line;

static Line take_line(const char **text, const char *end) {
  Line line = {*text, *text, 0, 0};
  if (*text == end) return line;
  const char *newline = memchr(*text, '\n', (size_t)(end - *text));
  const char *stop = newline != NULL ? newline : end;
  const char *equal = memchr(*text, '=', (size_t)(stop - *text));
  if (equal == NULL) equal = stop;
  line.key_length = (int)(equal - *text);
  line.value = equal < stop ? equal + 1 : stop;
  line.value_length = (int)(stop - line.value);
  *text = newline != NULL ? newline + 1 : end;
  return line;
}

static int compare_keys(const Line *a, const Line *b) {
  int shorter = a->key_length < b->key_length ? a->key_length : b->key_length;
  int order = memcmp(a->key, b->key, (size_t)shorter);
  return order != 0 ? order : a->key_length - b->key_length;
}

// The first key, in byte order, that only one text has or whose value differs. Both texts are sorted.
static void first_difference(Line *theirs, Line *ours, const TensorView *config, const char *bits) {
  const char *a = config->data, *a_end = a + tensor_bytes(config), *b = bits, *b_end = b + strlen(b);
  do {
    *theirs = take_line(&a, a_end);
    *ours = take_line(&b, b_end);
  } while (theirs->key_length > 0 && compare_keys(theirs, ours) == 0 &&
           theirs->value_length == ours->value_length &&
           memcmp(theirs->value, ours->value, (size_t)ours->value_length) == 0);
  if (theirs->key_length == 0 || ours->key_length == 0) return;
  int order = compare_keys(theirs, ours);
  if (order < 0) *ours = (Line){"", "", 0, 0};
  if (order > 0) *theirs = (Line){"", "", 0, 0};
}

static Status other_config(const Checkpoint *checkpoint, const TensorView *config, const char *bits,
                           Error *error) {
  Line theirs, ours;
  char a[200] = "nothing", b[200] = "nothing";
  first_difference(&theirs, &ours, config, bits);
  const Line *named = theirs.key_length > 0 ? &theirs : &ours;
  if (theirs.key_length > 0) snprintf(a, sizeof a, "%.*s", theirs.value_length, theirs.value);
  if (ours.key_length > 0) snprintf(b, sizeof b, "%.*s", ours.value_length, ours.value);
  return error_set(error, STATUS_CONFIG,
                   "the checkpoint '%s' belongs to another configuration: %.*s is %s there and %s here; use "
                   "that run's config.yaml, or train this one in a folder of its own",
                   checkpoint->path, named->key_length, named->key, a, b);
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
  if (tensor_bytes(config) != strlen(bits_text) ||
      memcmp(config->data, bits_text, tensor_bytes(config)) != 0) {
    return other_config(checkpoint, config, bits_text, error);
  }
  if (memcmp(data->data, data_digest, DIGEST_BYTES) == 0) return STATUS_OK;
  char theirs[DIGEST_HEX], ours[DIGEST_HEX];
  sha256_hex(theirs, data->data);
  sha256_hex(ours, data_digest);
  return error_set(error, STATUS_CONFIG,
                   "the checkpoint '%s' was trained on other data: the digest is %.12s there and %.12s here; "
                   "give the file it was trained on, or train on this one in a folder of its own",
                   checkpoint->path, theirs, ours);
}
