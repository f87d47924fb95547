// Private to io/data: one column while CSV files are read: its different texts, and which of them each row
// has.
#ifndef INGOT_IO_DATA_IMPORT_COLUMN_H
#define INGOT_IO_DATA_IMPORT_COLUMN_H

#include "io/data/data_file.h"
#include "io/data/import.h"

typedef enum ImportType { TYPE_INFERRED, TYPE_NUMBER, TYPE_INTEGER, TYPE_CATEGORY, TYPE_SKIP } ImportType;

extern const char *const import_type_names[]; // by ImportType; TYPE_INFERRED is ""

typedef struct ImportField {
  char *name;
  ImportType type;
  const DataColumn *like; // the column of --like, or NULL
  char **texts;           // different values, in order of their first row
  int32_t text_count, text_capacity;
  int32_t *slots; // open addressing by hash of the text: index + 1, 0 = free
  int32_t slot_count;
  int32_t *codes; // [rows] index of the text, -1 = missing
  int64_t rows, capacity, missing;
  char *note; // why the column was inferred as a category where most values are numbers; NULL
} ImportField;

// Adds a row; text NULL = missing. 65 where a column has more than 2^30 different values.
Status import_field_add(ImportField *field, const char *text, Error *error);
void import_field_clear(ImportField *field);

// The number a text stands for: optional sign, digits with one point, optional exponent; nothing else.
bool import_number(double *number, const char *text);

// Decides the type where it is not given. 65 where a given type does not fit: names the text and its first
// row.
Status import_field_settle(ImportField *field, Error *error);

// The finished column: numbers, or codes into a dictionary in byte order (behind that of `like`).
void import_field_column(Column *column, const ImportField *field);

#endif
