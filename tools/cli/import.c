// ingot import: CSV files to one HDF5 file of typed columns.
#include "io/data/import.h"
#include "io/shared/text.h"
#include "tools/cli/shared/command.h"
#include "tools/cli/shared/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Status verb_import(int argc, char **argv, Error *error);

static Status separator_of(char *separator, const char *text, Error *error) {
  if (text == NULL) return STATUS_OK;
  if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0) text = "\t";
  if (strcmp(text, "blank") == 0) text = " ";
  if (strlen(text) != 1) {
    return error_set(error, STATUS_USAGE, "--separator %s: it takes one character, or tab, or blank", text);
  }
  *separator = text[0];
  return STATUS_OK;
}

static Status compression_of(DataCompression *compression, const char *text, Error *error) {
  static const char *const kinds[] = {"none", "gzip", "lz4", "zstd"}; // as DataCompression
  if (text == NULL) return STATUS_OK;
  for (int i = DATA_PLAIN; i <= DATA_ZSTD; i++) {
    *compression = (DataCompression)i;
    if (strcmp(text, kinds[i]) == 0) return STATUS_OK;
  }
  return error_set(error, STATUS_USAGE, "--compress %s: it takes gzip, lz4, zstd or none", text);
}

static json_t *summary_json(const ImportOptions *options, const ImportSummary *summary) {
  json_t *columns = json_array();
  for (int i = 0; i < summary->column_count; i++) {
    const ImportColumn *column = &summary->columns[i];
    json_array_append_new(columns, json_pack("{s:s,s:s,s:I,s:I,s:b,s:s}", "name", column->name, "type",
                                             column->type, "missing", (json_int_t)column->missing, "distinct",
                                             (json_int_t)column->distinct, "identifier", column->identifier,
                                             "note", column->note == NULL ? "" : column->note));
  }
  return json_pack("{s:s,s:I,s:o}", "output", options->output, "rows", (json_int_t)summary->rows, "columns",
                   columns);
}

static Status report(const ImportOptions *options, const ImportSummary *summary, Error *error) {
  if (output_is_json()) {
    PASS(print_json(summary_json(options, summary), error));
  } else {
    char *table = import_summary_text(summary);
    printf("%s", table);
    free(table);
  }
  say("wrote %s: %lld row%s, %d column%s", options->output, (long long)summary->rows, plural(summary->rows),
      summary->column_count, plural(summary->column_count));
  return STATUS_OK;
}

Status verb_import(int argc, char **argv, Error *error) {
  ImportOptions chosen = {0};
  ImportSummary summary = {0};
  const char *separator = NULL, *compression = NULL;
  Option options[] = {
      TEXT('o', "output", "OUT.h5", &chosen.output, "the file to write (required)"),
      TEXT(0, "names", "A,B,C", &chosen.names, "names of the columns: the files have no header line"),
      TEXT(0, "separator", "C", &separator,
           "between values: one character, tab or blank (default: found out)"),
      NUMBER(0, "skip", "N", &chosen.skip, 0, 1000000000, "lines to pass over at the top of each file"),
      LIST(0, "missing", "TEXT", &chosen.missing,
           "a text that means missing, beside nothing and ?; repeatable"),
      LIST(0, "map", "COLUMN:FROM->TO", &chosen.maps, "write one text for another; repeatable"),
      LIST(0, "rename", "OLD=NEW", &chosen.renames, "rename a column; repeatable"),
      TEXT(0, "like", "OTHER.h5", &chosen.like, "take columns, types and dictionaries of this file"),
      TEXT(0, "schema", "FILE", &chosen.schema, "lines 'name: number | integer | category | skip'"),
      TEXT(0, "compress", "KIND", &compression, "store gzip, lz4 or zstd chunks (default: none)"),
      FLAG('f', "force", &chosen.force, "replace OUT.h5"),
  };
  Command command = {
      "import",
      "FILE... -o OUT.h5",
      "Turns CSV files (plain or .gz) into one HDF5 file of typed columns, and prints what was inferred.\n",
      "ingot import telco.csv -o telco.h5\n"
      "ingot import telco.csv -o telco.h5 --compress zstd\n"
      "ingot import adult.data -o adult.h5 --names age,workclass,fnlwgt\n"
      "ingot import adult.test -o adult_test.h5 --skip 1 --like adult.h5 --map 'income:>50K.->>50K'",
      options,
      sizeof options / sizeof options[0],
      1,
      1000};
  Parsed parsed;
  Status status;
  TRY(command_parse(&parsed, &command, argc, argv, error));
  if (parsed.helped) goto done;
  if (chosen.output == NULL) TRY(error_set(error, STATUS_USAGE, "-o OUT.h5 is missing: the file to write"));
  TRY(separator_of(&chosen.separator, separator, error));
  TRY(compression_of(&chosen.compression, compression, error));
  for (int i = 0; i < parsed.count; i++) text_list_add(&chosen.files, parsed.arguments[i]);
  TRY(import_files(&chosen, &summary, error));
  status = report(&chosen, &summary, error);
done:
  import_summary_free(&summary);
  text_list_free(&chosen.files);
  text_list_free(&chosen.missing);
  text_list_free(&chosen.maps);
  text_list_free(&chosen.renames);
  return status;
}
