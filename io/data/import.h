// Import: CSV files (plain or .gz) to one HDF5 file of typed columns.
//
// RFC 4180 quoting, separator sniffed from the first line (',', ';', tab, '|'; a blank only when given),
// blanks around unquoted values trimmed, empty values and `?` are missing. Types per column: number (int64
// where all values are whole and none is missing, else float64), otherwise category; so are digits that would
// not survive as a number, such as 007 and 9007199254740993. Errors are
// `file:line:column: error: sentence`, status 65; missing file, or folder of the output, 66; existing output
// 73; nothing is left behind.
#ifndef INGOT_IO_DATA_IMPORT_H
#define INGOT_IO_DATA_IMPORT_H

#include "engine/shared/config.h"
#include "engine/shared/status.h"
#include "io/data/data_file.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ImportOptions {
  TextList files;     // at least one; several have the same columns and are put one after the other
  const char *output; // OUT.h5
  const char *names;  // "a,b,c": the files have no header line; NULL = they have one
  char separator;     // 0 = sniffed
  int64_t skip;       // lines before the header (or the first row) of each file
  TextList missing;   // further texts that mean missing
  TextList maps;      // "column:from->to"
  TextList renames;   // "old=new"
  const char *like;   // HDF5 file whose columns, types and dictionaries are taken; NULL
  const char *schema; // file of lines `name: number | integer | category | skip`; NULL
  DataCompression compression;
  bool force;
  bool predictions; // the names `score` and `label` are allowed
} ImportOptions;

typedef struct ImportColumn {
  char *name;
  const char *type;   // "number", "integer", "category"
  int64_t missing;    // rows without a value
  int64_t distinct;   // different values
  bool identifier;    // looks like an identifier: (nearly) every row has its own value
  double least, most; // of a number
  char *note;         // what made it a category where most values are numbers; NULL
} ImportColumn;

typedef struct ImportSummary {
  int64_t rows;
  ImportColumn *columns;
  int column_count;
  char separator;
} ImportSummary;

Status import_files(const ImportOptions *options, ImportSummary *summary, Error *error);
char *import_summary_text(const ImportSummary *summary); // a table for people; freed by the caller
void import_summary_free(ImportSummary *summary);

#endif
