// Texts of data files: UTF-8, and the nearest name for a hint.
#ifndef INGOT_IO_DATA_TEXT_H
#define INGOT_IO_DATA_TEXT_H

#include "engine/shared/config.h"

#include <stdbool.h>
#include <stddef.h>

size_t utf8_valid_length(const char *text, size_t length); // bytes before the first that is not UTF-8
bool utf8_is_valid(const char *text, size_t length);
const char *nearest_text(const char *text, const TextList *list); // NULL where none is near

#endif
