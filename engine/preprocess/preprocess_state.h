// Private to engine/preprocess: what fitting leaves behind, laid out so that tensors can be views of it.
#ifndef INGOT_ENGINE_PREPROCESS_PREPROCESS_STATE_H
#define INGOT_ENGINE_PREPROCESS_PREPROCESS_STATE_H

#include "engine/preprocess/preprocess.h"

#include <stdbool.h>

enum { INPUTS_MAX = 999, CLASSES_MAX = 1000, EMBED_AUTO_MAX = 16 };

// Texts one after the other, each ended by a NUL, with an index.
typedef struct TextBlock {
  char *bytes;
  int64_t length;
  const char **items; // [count] into bytes
  int count;
} TextBlock;

// Those texts of a block that number_text writes, by their number.
typedef struct IndexedNumber {
  double number;
  int place; // in the block
} IndexedNumber;

typedef struct NumberIndex {
  IndexedNumber *items; // ascending
  int count;
} NumberIndex;

typedef struct FittedInput {
  TextBlock name, kind; // one text each; kind: "numeric", "category", or "numeric-category" (of numbers)
  double mean, std;     // std 0: not scaled
  uint8_t flag;         // a missing flag follows the value
  uint8_t required;     // a missing value is an error
  TextBlock values;     // category: kept values by byte order; ids are the index + 2
  NumberIndex numbers;  // category of numbers: the same values
  int64_t width;        // category: of the embedding
} FittedInput;

typedef struct FittedTarget {
  TextBlock name, task, kind; // task as in the configuration; kind: "number" or "category"
  TextBlock classes;          // binary, multiclass
  NumberIndex numbers;        // of classes, where they are numbers
  double mean, std;           // regression
} FittedTarget;

struct Preprocess {
  FittedInput *inputs;
  int input_count;
  Task task;
  FittedTarget target;
  TextBlock weight_name; // count 0: no weights
  double weight_scale;
  InputLayout layout;
};

bool input_is_category(const FittedInput *input);
ColumnKind input_column_kind(const FittedInput *input); // of the raw column

// Blocks of texts: from an array (texts copied), one text, or bytes as stored (false where they are no
// block).
void text_block_set(TextBlock *block, const char *const *texts, int count);
void text_block_set_one(TextBlock *block, const char *text);
bool text_block_parse(TextBlock *block, const void *bytes, int64_t length);
void text_block_free(TextBlock *block);

// Index of a text in a block in byte order, -1 if absent.
int text_block_find(const TextBlock *sorted, const char *text);

// An index of a block's texts, freed by free(index->items); the place in the block of a number's text, or -1.
// So number_text need not write each number that is looked up.
void number_index_make(NumberIndex *index, const TextBlock *texts);
int number_index_find(const NumberIndex *index, double number);

// Derives the layout and the indices from the inputs and the target.
void preprocess_lay_out(Preprocess *preprocess);

const char *task_name(Task task);

#endif
