// Small JSON files of our own: read strictly, member by member.
#ifndef INGOT_IO_SHARED_JSON_H
#define INGOT_IO_SHARED_JSON_H

#include "engine/shared/status.h"
#include "engine/shared/tensor.h"
#include "io/shared/text.h"

#include <jansson.h>

// A file that is one JSON object without duplicate keys, at most 64 MiB: 65 with line and column, 66 absent.
Status json_object_read(json_t **object, const char *path, Error *error);

// Members of an object; return 0 where the member is absent or of another type or range.
int json_get_u64(uint64_t *number, const json_t *object, const char *key);
int json_get_digest(uint8_t digest[DIGEST_BYTES], const json_t *object, const char *key);
int json_get_flag(int *flag, const json_t *object, const char *key);
int json_get_number(double *number, const json_t *object, const char *key); // null reads as NaN
int json_get_text(char **text, const json_t *object, const char *key);      // fresh: free()

// Pieces of JSON text: a quoted string with its escapes; "key":"<hex>"; a number, null where not finite.
void json_put_string(Text *text, const char *string);
void json_put_digest(Text *text, const char *key, const uint8_t digest[DIGEST_BYTES]);
void json_put_number(Text *text, double number);

#endif
