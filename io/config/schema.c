// Questions to the table of configuration keys.
#include "io/config/schema.h"

#include "engine/shared/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const KeyRow *key_row_find(const char *path, size_t length) {
  for (int i = 0; i < key_row_count; i++) {
    const char *candidate = key_rows[i].path;
    if (strlen(candidate) == length && memcmp(candidate, path, length) == 0) return &key_rows[i];
  }
  return NULL;
}

size_t key_owner_length(const char *path) {
  for (size_t i = strlen(path); i >= 2; i--) {
    if (path[i - 1] == ']' || path[i - 1] == '}') return i;
  }
  return 0;
}

bool key_has_owner(const KeyRow *row, const char *owner) {
  size_t length = strlen(owner);
  return key_owner_length(row->path) == length && memcmp(row->path, owner, length) == 0;
}

bool key_has_children(const char *path) {
  size_t length = strlen(path);
  for (int i = 0; i < key_row_count; i++) {
    if (strncmp(key_rows[i].path, path, length) == 0 && key_rows[i].path[length] == '.') return true;
  }
  return false;
}

bool key_when_allows(const char *when, const char *word) {
  size_t length = strlen(word);
  for (const char *at = strchr(when, '='); at != NULL; at = strchr(at + 1, '|')) {
    if (strcspn(at + 1, "|") == length && strncmp(at + 1, word, length) == 0) return true;
  }
  return false;
}

static bool condition_holds(const char *when, const void *base) {
  const char *bytes = base;
  if (when[0] == '!') {
    const KeyRow *section = key_row_find(when + 1, strlen(when + 1));
    return !*(const bool *)(bytes + section->offset);
  }
  const char *word = strchr(when, '=');
  const KeyRow *row = key_row_find(when, (size_t)(word - when));
  if (row->type == KEY_ITEMS) return *(const bool *)(bytes + row->flag);
  if (row->type == KEY_WORD) return key_when_allows(when, *(char *const *)(bytes + row->offset));
  const KeyWord *chosen = key_word_by_value(row, *(const int *)(bytes + row->offset));
  return chosen != NULL && key_when_allows(when, chosen->name);
}

bool key_active(const KeyRow *row, const void *base) {
  size_t owner = key_owner_length(row->path), length = strlen(row->path);
  for (size_t i = owner + 1; i < length; i++) { // every section above
    if (row->path[i] != '.') continue;
    const KeyRow *above = key_row_find(row->path, i);
    if (above == NULL) continue;
    if (above->type == KEY_OPTIONAL && !*(const bool *)((const char *)base + above->offset)) return false;
    if (above->when != NULL && !condition_holds(above->when, base)) return false;
  }
  if (row->type == KEY_RULE)
    return ((const Gate *)((const char *)base + row->offset))->rule == (GateRule)row->rule;
  return row->when == NULL || condition_holds(row->when, base);
}

bool key_is_bits(const KeyRow *row, const void *base) {
  return row->role == KEY_BITS || (row->bits_when != NULL && condition_holds(row->bits_when, base));
}

const KeyWord *key_word_by_value(const KeyRow *row, int64_t value) {
  for (const KeyWord *word = row->words; word != NULL && word->name != NULL; word++) {
    if (word->value == value) return word;
  }
  return NULL;
}

const KeyWord *key_word_by_name(const KeyRow *row, const char *name) {
  for (const KeyWord *word = row->words; word != NULL && word->name != NULL; word++) {
    if (strcmp(word->name, name) == 0) return word;
  }
  return NULL;
}

KeyRange key_range(const KeyRow *row) {
  KeyRange range = {-INFINITY, INFINITY, true, true};
  if (row->range == NULL || row->range[0] == '\0') return range;
  char *rest;
  range.low_open = row->range[0] == '(';
  range.low = strtod(row->range + 1, &rest);
  range.high = strtod(rest + 1, &rest); // after the comma; `inf` is infinite
  range.high_open = *rest == ')';
  return range;
}

// `data.inputs.0.embed` as the table writes it: `data.inputs[].embed`. NULL where no such place exists.
static char *table_path(const char *path) {
  char *shape = memory_text("");
  while (*path != '\0') {
    size_t length = strcspn(path, ".");
    const KeyRow *here = key_row_find(shape, strlen(shape));
    bool list = here != NULL && here->type == KEY_ITEMS, named = here != NULL && here->type == KEY_NAMED;
    bool leaf = here != NULL && (here->type == KEY_COLUMNS || here->type == KEY_INTS ||
                                 here->type == KEY_METRICS || here->type == KEY_COSTS);
    char *longer;
    if (leaf) { // an index into a list of values
      longer = memory_text(shape);
    } else if (list || named) {
      longer = memory_format("%s%s", shape, list ? "[]" : "{}");
    } else {
      longer = memory_format("%s%s%.*s", shape, shape[0] == '\0' ? "" : ".", (int)length, path);
    }
    free(shape);
    shape = longer;
    path += length + (path[length] == '.');
  }
  return shape;
}

KeyRole key_role(const char *path) {
  char *shape = table_path(path);
  size_t length = strlen(shape);
  KeyRole role = KEY_UNKNOWN;
  for (int i = 0; i < key_row_count; i++) {
    const KeyRow *row = &key_rows[i];
    if (strncmp(row->path, shape, length) != 0) continue;
    bool below = row->path[length] == '\0' || strchr(".[{", row->path[length]) != NULL;
    if (below && length > 0 && row->role > role) role = row->role;
    if (below && length > 0 && role == KEY_UNKNOWN && row->type == KEY_SECTION) role = KEY_FREE;
  }
  free(shape);
  return role;
}

static const struct {
  const char *name, *path;
} aliases[] = {
    {"lr", "train.optimizer.learning_rate"},
    {"learning_rate_init", "train.optimizer.learning_rate"},
    {"eta", "train.optimizer.learning_rate"},
    {"alpha", "train.optimizer.weight_decay"},
    {"l2", "train.optimizer.weight_decay"},
    {"wd", "train.optimizer.weight_decay"},
    {"beta_1", "train.optimizer.beta1"},
    {"beta_2", "train.optimizer.beta2"},
    {"betas", "train.optimizer.beta1"},
    {"eps", "train.optimizer.epsilon"},
    {"solver", "train.optimizer.kind"},
    {"batch_size", "train.batch"},
    {"minibatch_size", "train.batch"},
    {"mini_batch_size", "train.batch"},
    {"micro_batch_size", "train.micro_batch"},
    {"gradient_accumulation_steps", "train.micro_batch"},
    {"n_epochs", "train.epochs"},
    {"num_epochs", "train.epochs"},
    {"max_epochs", "train.epochs"},
    {"max_iter", "train.epochs"},
    {"num_train_epochs", "train.epochs"},
    {"grad_clip", "train.clip_norm"},
    {"max_grad_norm", "train.clip_norm"},
    {"gradient_clip_val", "train.clip_norm"},
    {"early_stopping", "train.early_stop"},
    {"patience", "train.early_stop.patience_epochs"},
    {"n_iter_no_change", "train.early_stop.patience_epochs"},
    {"lr_scheduler", "train.schedule"},
    {"scheduler", "train.schedule"},
    {"warmup", "train.schedule.warmup_steps"},
    {"num_warmup_steps", "train.schedule.warmup_steps"},
    {"hidden_sizes", "model.hidden"},
    {"hidden_layer_sizes", "model.hidden"},
    {"hidden_units", "model.hidden"},
    {"hidden_dims", "model.hidden"},
    {"layers", "model.hidden"},
    {"type", "model.kind"},
    {"dropout_rate", "model.dropout"},
    {"normalization", "model.norm"},
    {"random_state", "seed"},
    {"random_seed", "seed"},
    {"features", "data.inputs"},
    {"columns", "data.inputs"},
    {"label", "data.target.column"},
    {"y", "data.target.column"},
    {"pos_label", "data.target.positive"},
    {"positive_class", "data.target.positive"},
    {"objective", "data.target.task"},
    {"sample_weight", "data.weight"},
    {"weights", "data.weight"},
    {"path", "data.file"},
    {"dataset", "data.file"},
    {"val", "data.split.validation"},
    {"valid", "data.split.validation"},
    {"validation_fraction", "data.split.validation"},
    {"test_size", "data.split.test"},
    {"shuffle", "data.order"},
    {"embedding_dim", "data.inputs[].embed"},
    {"device", "machine.device"},
    {"accelerator", "machine.device"},
    {"num_threads", "machine.threads"},
    {"n_jobs", "machine.threads"},
    {"workers", "machine.threads"},
    {"monitor", "select.metric"},
    {"eval_metric", "select.metric"},
    {"save_steps", "checkpoint.every.steps"},
    {"save_total_limit", "checkpoint.keep.last"},
    {"logging_steps", "log.every_steps"},
    {"log_every_n_steps", "log.every_steps"},
    {"cost_matrix", "business.matrix"},
    {"currency", "business.unit"},
};

const char *key_alias(const char *name) {
  for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
    if (strcasecmp(aliases[i].name, name) == 0) return aliases[i].path;
  }
  return NULL;
}
