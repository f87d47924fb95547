// SHA256SUMS: `<64 hex>  <name>\n` lines as `sha256sum -c` reads them, in byte order of names.
#ifndef INGOT_IO_SHARED_SUMS_H
#define INGOT_IO_SHARED_SUMS_H

#include "io/shared/durable.h"

typedef struct SumLine {
  char name[TENSOR_NAME_MAX]; // relative to the folder; printable ASCII without blank; '/' allowed, ".." not
  uint8_t digest[DIGEST_BYTES];
} SumLine;

typedef struct Sums {
  SumLine *lines;
  int count;
} Sums;

void sums_add(Sums *sums, const char *name, const uint8_t digest[DIGEST_BYTES]);
char *sums_text(Sums *sums); // sorts; freed by free()
const SumLine *sums_find(const Sums *sums, const char *name);

// Strict: any byte that sums_text would not have written is 65, naming file and line.
Status sums_read(Sums *sums, const char *path, Error *error);
void sums_free(Sums *sums);

// Every file that <folder>/SHA256SUMS lists, against its line; each of `needed` must be listed. 65 changed or
// not listed, 66 missing: error->text says what of the file `name`, without its path.
Status sums_check(char name[TENSOR_NAME_MAX], const char *folder, const char *const *needed, int count,
                  Error *error);

#endif
