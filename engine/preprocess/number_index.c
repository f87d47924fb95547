// Texts of numbers, found by their number.
#include "engine/preprocess/preprocess_state.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

static int by_number(const void *a, const void *b) {
  double x = ((const IndexedNumber *)a)->number, y = ((const IndexedNumber *)b)->number;
  return (x > y) - (x < y);
}

void number_index_make(NumberIndex *index, const TextBlock *texts) {
  index->items = memory_get((size_t)texts->count, sizeof *index->items);
  index->count = 0;
  for (int i = 0; i < texts->count; i++) {
    char again[NUMBER_TEXT_BYTES];
    double number = strtod(texts->items[i], NULL);
    if (number != number) continue;
    number_text(again, number);
    if (strcmp(again, texts->items[i]) == 0) index->items[index->count++] = (IndexedNumber){number, i};
  }
  if (index->count > 1) qsort(index->items, (size_t)index->count, sizeof *index->items, by_number);
}

int number_index_find(const NumberIndex *index, double number) {
  int low = 0, high = index->count;
  while (low < high) {
    int middle = low + (high - low) / 2;
    if (index->items[middle].number < number)
      low = middle + 1;
    else
      high = middle;
  }
  return low < index->count && index->items[low].number == number ? index->items[low].place : -1;
}
