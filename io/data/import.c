// Import: CSV files to one HDF5 file of typed columns.
#include "io/data/import.h"

#include "engine/shared/memory.h"
#include "io/data/csv.h"
#include "io/data/import_column.h"
#include "io/data/text.h"
#include "io/shared/durable.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// "column:from->to"
typedef struct Mapping {
  char *column, *from, *to;
  bool used;
} Mapping;

// "old=new"
typedef struct Renaming {
  char *from, *to;
  bool used;
} Renaming;

typedef struct Import {
  const ImportOptions *options;
  ImportField *fields;
  int field_count;
  Mapping *mappings;
  int mapping_count;
  Renaming *renamings;
  int renaming_count;
  DataFile *like;
  int64_t rows;
  char separator;
} Import;

static ImportField *find_field(const Import *import, const char *name) {
  for (int i = 0; i < import->field_count; i++) {
    if (strcmp(import->fields[i].name, name) == 0) return &import->fields[i];
  }
  return NULL;
}

static Status no_field(const Import *import, const char *option, const char *name, Error *error) {
  TextList names = {0};
  for (int i = 0; i < import->field_count; i++) text_list_add(&names, import->fields[i].name);
  const char *near = nearest_text(name, &names);
  error_set(error, STATUS_USAGE, "%s: there is no column '%s'%s%s%s", option, name,
            near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
  text_list_free(&names);
  return STATUS_USAGE;
}

// ---- options ----

static Status parse_maps(Import *import, Error *error) {
  const TextList *maps = &import->options->maps;
  import->mappings = memory_get((size_t)maps->count, sizeof *import->mappings);
  for (int i = 0; i < maps->count; i++) {
    const char *text = maps->items[i], *colon = strchr(text, ':');
    const char *arrow = colon == NULL ? NULL : strstr(colon, "->");
    if (arrow == NULL || colon == text) {
      return error_set(error, STATUS_USAGE, "--map '%s': it takes COLUMN:FROM->TO", text);
    }
    import->mappings[import->mapping_count++] =
        (Mapping){memory_text_n(text, (size_t)(colon - text)),
                  memory_text_n(colon + 1, (size_t)(arrow - colon - 1)), memory_text(arrow + 2), false};
  }
  return STATUS_OK;
}

static Status parse_renames(Import *import, Error *error) {
  const TextList *renames = &import->options->renames;
  import->renamings = memory_get((size_t)renames->count, sizeof *import->renamings);
  for (int i = 0; i < renames->count; i++) {
    const char *text = renames->items[i], *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0') {
      return error_set(error, STATUS_USAGE, "--rename '%s': it takes OLD=NEW", text);
    }
    import->renamings[import->renaming_count++] =
        (Renaming){memory_text_n(text, (size_t)(equals - text)), memory_text(equals + 1), false};
  }
  return STATUS_OK;
}

static const char *renamed(Import *import, const char *name) {
  for (int i = 0; i < import->renaming_count; i++) {
    if (strcmp(import->renamings[i].from, name) != 0) continue;
    import->renamings[i].used = true;
    return import->renamings[i].to;
  }
  return name;
}

// Fields out of names: renamed, no name twice.
static Status make_fields(Import *import, const CsvReader *reader, const CsvCell *names, int count,
                          Error *error) {
  import->fields = memory_get((size_t)count, sizeof *import->fields);
  for (int i = 0; i < count; i++) {
    const char *name = renamed(import, names[i].text);
    if (name[0] == '\0') return csv_error(error, reader, names[i].at, "column %d has no name.", i + 1);
    if (find_field(import, name) != NULL)
      return csv_error(error, reader, names[i].at, "two columns are named '%s'.", name);
    bool reserved = strcmp(name, "label") == 0 || strcmp(name, "score") == 0;
    if (reserved && !import->options->predictions) {
      return csv_error(error, reader, names[i].at,
                       "the name '%s' is reserved for business expressions; import with --rename %s=NAME.",
                       name, name);
    }
    import->fields[import->field_count++] = (ImportField){.name = memory_text(name)};
  }
  return STATUS_OK;
}

static Status check_renames(const Import *import, Error *error) {
  for (int i = 0; i < import->renaming_count; i++) {
    if (!import->renamings[i].used) return no_field(import, "--rename", import->renamings[i].from, error);
  }
  return STATUS_OK;
}

static ImportType type_of(const DataColumn *column) {
  return column->kind == COLUMN_CATEGORY ? TYPE_CATEGORY : TYPE_NUMBER;
}

// --like: the same columns, of the same kinds.
static Status take_like(Import *import, Error *error) {
  if (import->options->like == NULL) return STATUS_OK;
  PASS(data_file_open(&import->like, import->options->like, error));
  for (int i = 0; i < import->field_count; i++) {
    ImportField *field = &import->fields[i];
    int column = data_file_find(import->like, field->name);
    if (column < 0) {
      return error_set(error, STATUS_DATA, "column '%s' does not exist in %s (--like)", field->name,
                       import->options->like);
    }
    field->like = data_file_column(import->like, column);
    field->type = type_of(field->like);
  }
  for (int i = 0; i < data_file_column_count(import->like); i++) {
    const char *name = data_file_column(import->like, i)->name;
    if (find_field(import, name) != NULL) continue;
    return error_set(error, STATUS_DATA, "%s (--like) has a column '%s' that the files lack",
                     import->options->like, name);
  }
  return STATUS_OK;
}

// One line `name: type` of the schema; names may hold ':' themselves, so the last one counts.
static Status take_schema_line(Import *import, CsvReader *schema, Error *error) {
  char *line = memory_text(schema->cells[0].text);
  Status status = STATUS_OK;
  char *colon = strrchr(line, ':');
  if (line[0] == '#') goto done;
  if (colon == NULL) TRY(csv_error(error, schema, schema->cells[0].at, "a line is `name: type`."));
  const char *type = colon + 1 + strspn(colon + 1, " \t");
  *colon = '\0';
  ImportField *field = find_field(import, line);
  if (field == NULL) {
    TRY(csv_error(error, schema, schema->cells[0].at, "there is no column '%s' in the files.", line));
  }
  field->type = TYPE_INFERRED;
  for (int i = TYPE_NUMBER; i <= TYPE_SKIP; i++) {
    if (strcmp(import_type_names[i], type) == 0) field->type = (ImportType)i;
  }
  if (field->type == TYPE_INFERRED) {
    TRY(csv_error(error, schema, schema->cells[0].at, "'%s' is no type: number, integer, category or skip.",
                  type));
  }
done:
  free(line);
  return status;
}

static Status take_schema(Import *import, Error *error) {
  CsvReader schema = {0};
  bool more;
  Status status;
  if (import->options->schema == NULL) return STATUS_OK;
  TRY(csv_open(&schema, import->options->schema, '\x1f', 0, error)); // a separator that no line has
  for (;;) {
    TRY(csv_next(&schema, &more, error));
    if (!more) break;
    TRY(take_schema_line(import, &schema, error));
  }
done:
  csv_close(&schema);
  return status;
}

static Status check_maps(const Import *import, Error *error) {
  for (int i = 0; i < import->mapping_count; i++) {
    if (find_field(import, import->mappings[i].column) == NULL) {
      return no_field(import, "--map", import->mappings[i].column, error);
    }
  }
  return STATUS_OK;
}

// ---- rows ----

// The value as it counts: mapped, or NULL where it means missing.
static const char *value_of(Import *import, const ImportField *field, const char *text) {
  for (int i = 0; i < import->mapping_count; i++) {
    Mapping *mapping = &import->mappings[i];
    if (strcmp(mapping->column, field->name) != 0 || strcmp(mapping->from, text) != 0) continue;
    mapping->used = true;
    text = mapping->to;
    break;
  }
  if (text[0] == '\0' || strcmp(text, "?") == 0) return NULL;
  return text_list_find(&import->options->missing, text) >= 0 ? NULL : text;
}

static Status add_row(Import *import, const CsvReader *reader, Error *error) {
  if (reader->count != import->field_count) {
    int last =
        reader->count > import->field_count ? import->field_count : reader->count - 1; // or one too many
    return csv_error(error, reader, reader->cells[last].at, "%d value%s where %d columns are expected.",
                     reader->count, reader->count == 1 ? "" : "s", import->field_count);
  }
  for (int i = 0; i < reader->count; i++) {
    PASS(import_field_add(&import->fields[i], value_of(import, &import->fields[i], reader->cells[i].text),
                          error));
  }
  import->rows++;
  return STATUS_OK;
}

// The names given by --names: a record of their own, separated by commas.
static Status fields_of_option(Import *import, const CsvReader *reader, Error *error) {
  char *names = memory_text(import->options->names);
  int count = 1;
  for (const char *c = names; *c != '\0'; c++) count += *c == ',';
  CsvCell *cells = memory_get((size_t)count, sizeof *cells);
  char *at = names;
  for (int i = 0; i < count; i++) {
    size_t length = strcspn(at, ",");
    at[length] = '\0';
    cells[i] = (CsvCell){at, length, reader->at};
    at += length + 1;
  }
  Status status = make_fields(import, reader, cells, count, error);
  free(cells);
  free(names);
  return status;
}

// A later file has the columns of the first, in the same order.
static Status compare_header(const Import *import, const CsvReader *reader, Error *error) {
  Import second = {
      .options = import->options, .renamings = import->renamings, .renaming_count = import->renaming_count};
  Status status;
  TRY(make_fields(&second, reader, reader->cells, reader->count, error));
  bool same = second.field_count == import->field_count;
  for (int i = 0; same && i < second.field_count; i++)
    same = strcmp(second.fields[i].name, import->fields[i].name) == 0;
  if (!same) {
    TRY(csv_error(error, reader, reader->cells[0].at,
                  "its columns are not those of the first file, in their order."));
  }
done:
  for (int i = 0; i < second.field_count; i++) import_field_clear(&second.fields[i]);
  free(second.fields);
  return status;
}

static Status begin_file(Import *import, CsvReader *reader, bool first, Error *error) {
  bool more;
  if (import->options->names == NULL) PASS(csv_next(reader, &more, error));
  if (!first) return import->options->names == NULL ? compare_header(import, reader, error) : STATUS_OK;
  import->separator = reader->separator;
  if (import->options->names == NULL)
    PASS(make_fields(import, reader, reader->cells, reader->count, error));
  else
    PASS(fields_of_option(import, reader, error));
  PASS(check_renames(import, error));
  PASS(check_maps(import, error));
  PASS(take_like(import, error));
  return take_schema(import, error);
}

static Status read_file_rows(Import *import, const char *path, bool first, Error *error) {
  CsvReader reader = {0};
  int64_t before = import->rows;
  bool more;
  Status status;
  TRY(csv_open(&reader, path, import->options->separator, import->options->skip, error));
  TRY(begin_file(import, &reader, first, error));
  for (;;) {
    TRY(csv_next(&reader, &more, error));
    if (!more) break;
    TRY(add_row(import, &reader, error));
  }
  if (import->rows == before)
    TRY(csv_error(error, &reader, reader.at, "there are no rows below the header."));
done:
  csv_close(&reader);
  return status;
}

// ---- the file and what was found ----

static Status write_file(const Import *import, Error *error) {
  Frame *frame = frame_new(import->rows, import->field_count);
  uint8_t *integer = memory_get((size_t)import->field_count, 1);
  int count = 0;
  for (int i = 0; i < import->field_count; i++) {
    const ImportField *field = &import->fields[i];
    if (field->type == TYPE_SKIP) continue;
    integer[count] = field->type == TYPE_INTEGER;
    import_field_column(&frame->columns[count++], field);
  }
  frame->column_count = count;
  DataFileOptions options = {integer, import->options->force, import->options->compression};
  Status status = count == 0
                      ? error_set(error, STATUS_DATA, "every column is skipped: there is nothing to write")
                      : data_file_write(import->options->output, frame, &options, error);
  frame_free(frame);
  free(integer);
  return status;
}

static void summarise_field(ImportColumn *column, const ImportField *field, int64_t rows) {
  double number;
  *column = (ImportColumn){.name = memory_text(field->name),
                           .type = import_type_names[field->type],
                           .missing = field->missing,
                           .distinct = field->text_count,
                           .identifier =
                               field->type != TYPE_NUMBER && rows >= 20 && field->text_count >= rows * 0.95,
                           .note = field->note == NULL ? NULL : memory_text(field->note),
                           .least = __builtin_inf(),
                           .most = -__builtin_inf()};
  if (field->type != TYPE_NUMBER && field->type != TYPE_INTEGER) return;
  for (int32_t i = 0; i < field->text_count; i++) {
    import_number(&number, field->texts[i]);
    if (number < column->least) column->least = number;
    if (number > column->most) column->most = number;
  }
}

static void summarise(ImportSummary *summary, const Import *import) {
  summary->rows = import->rows;
  summary->separator = import->separator;
  summary->columns = memory_get((size_t)import->field_count, sizeof *summary->columns);
  for (int i = 0; i < import->field_count; i++) {
    summarise_field(&summary->columns[summary->column_count++], &import->fields[i], import->rows);
  }
}

static Status settle(Import *import, Error *error) {
  for (int i = 0; i < import->field_count; i++) PASS(import_field_settle(&import->fields[i], error));
  for (int i = 0; i < import->mapping_count; i++) {
    const Mapping *mapping = &import->mappings[i];
    if (mapping->used) continue;
    return error_set(error, STATUS_DATA, "--map: column '%s' has no value '%s'", mapping->column,
                     mapping->from);
  }
  return STATUS_OK;
}

static void import_close(Import *import) {
  for (int i = 0; i < import->field_count; i++) import_field_clear(&import->fields[i]);
  free(import->fields);
  for (int i = 0; i < import->mapping_count; i++) {
    free(import->mappings[i].column);
    free(import->mappings[i].from);
    free(import->mappings[i].to);
  }
  free(import->mappings);
  for (int i = 0; i < import->renaming_count; i++) {
    free(import->renamings[i].from);
    free(import->renamings[i].to);
  }
  free(import->renamings);
  data_file_close(import->like);
}

Status import_files(const ImportOptions *options, ImportSummary *summary, Error *error) {
  Import import = {.options = options};
  Status status;
  *summary = (ImportSummary){0};
  if (!options->force && access(options->output, F_OK) == 0) {
    return error_set(error, STATUS_EXISTS, "%s exists; give another name, or --force to replace it",
                     options->output);
  }
  for (int i = 0; i < options->files.count; i++)
    TRY(file_check_output(options->output, options->files.items[i], error));
  TRY(file_check_output(options->output, options->like, error));
  TRY(file_check_output(options->output, options->schema, error));
  TRY(file_check_folder(options->output, error));
  TRY(parse_maps(&import, error));
  TRY(parse_renames(&import, error));
  for (int i = 0; i < options->files.count; i++)
    TRY(read_file_rows(&import, options->files.items[i], i == 0, error));
  TRY(settle(&import, error));
  TRY(write_file(&import, error));
  summarise(summary, &import);
done:
  import_close(&import);
  return status;
}
