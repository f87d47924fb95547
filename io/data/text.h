// Texts of data files: UTF-8, lists, and the nearest name for a hint.
#ifndef INGOT_IO_DATA_TEXT_H
#define INGOT_IO_DATA_TEXT_H

#include "engine/shared/config.h"

#include <stdbool.h>
#include <stddef.h>

bool utf8_is_valid(const char *text,
                   size_t length); // no overlong forms, surrogates or code points above 10ffff

void text_list_add(TextList *list, const char *text);
int text_list_find(const TextList *list, const char *text); // -1 if absent
void text_list_free(TextList *list);

// The name nearest to a misspelt one (edits, case counts half), NULL where none is near.
const char *nearest_text(const char *text, const TextList *list);

#endif
