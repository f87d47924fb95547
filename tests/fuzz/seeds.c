// The seeds of every fuzzer: small good inputs, written by the program's own writers or copied from the tree.
#include "engine/preprocess/preprocess.h"
#include "io/checkpoint/safetensors.h"
#include "io/data/data_file.h"
#include "io/report/predictions.h"
#include "io/run/events.h"
#include "io/run/manifest.h"
#include "io/shared/sums.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/judged_folder.h"

#include <hdf5.h>
#include <libdeflate.h>
#include <lz4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { PATH_BYTES = 512, COPY_BYTES_MAX = 65536 };

static void put(const char *folder, const char *name, const void *bytes, size_t length) {
  char path[PATH_BYTES];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) abort();
}

static void put_text(const char *folder, const char *name, const char *text) {
  put(folder, name, text, strlen(text));
}

static void put_texts(const char *folder, const char *const *texts, int count) {
  for (int i = 0; i < count; i++) {
    char name[16];
    snprintf(name, sizeof name, "%d", i);
    put_text(folder, name, texts[i]);
  }
}

// A file of the source tree.
static void copy(const char *folder, const char *name, const char *source) {
  static char bytes[COPY_BYTES_MAX];
  char path[PATH_BYTES];
  snprintf(path, sizeof path, INGOT_SOURCE_DIR "/%s", source);
  FILE *file = fopen(path, "rb");
  size_t length = file == NULL ? 0 : fread(bytes, 1, sizeof bytes, file);
  if (length == 0 || fclose(file) != 0) abort();
  put(folder, name, bytes, length);
}

static void written(Status status, const Error *error) {
  if (status == STATUS_OK) return;
  fprintf(stderr, "seeds: %s\n", error->text);
  abort();
}

// 64 values of 4 bytes through each filter, and the checksum of nothing.
static void chunk_seeds(const char *folder) {
  enum { HEAD = 5, BYTES = 256 };
  uint8_t values[BYTES], seed[1024] = {0, 3, 64, 0, 0};
  uint8_t *body = seed + HEAD;
  for (int i = 0; i < BYTES; i++) values[i] = (uint8_t)(i / 16);
  memcpy(body, values, BYTES);
  put(folder, "plain", seed, HEAD + BYTES);
  seed[0] = 2; // shuffled
  put(folder, "shuffle", seed, HEAD + BYTES);
  struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
  size_t length = libdeflate_zlib_compress(compressor, values, BYTES, body, sizeof seed - HEAD);
  libdeflate_free_compressor(compressor);
  seed[0] = 2 | 1 << 2;
  put(folder, "deflate", seed, HEAD + length);
  const uint8_t lz4_head[] = {0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0};
  memcpy(body, lz4_head, sizeof lz4_head);
  length = (size_t)LZ4_compress_default((const char *)values, (char *)body + 16, BYTES, 512);
  body[15] = (uint8_t)length;
  seed[0] = 2 | 2 << 2;
  put(folder, "lz4", seed, HEAD + 16 + length);
  length = ZSTD_compress(body, sizeof seed - HEAD, values, BYTES, 3);
  seed[0] = 3 << 2;
  put(folder, "zstd", seed, HEAD + length);
  memset(body, 0, BYTES + 4);
  seed[0] = 16;
  put(folder, "fletcher32", seed, HEAD + BYTES + 4);
}

static void config_seeds(const char *folder) {
  const char *const names[] = {"churn.yaml", "credit_linear.yaml", "income.yaml", "reference.yaml"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char source[64];
    snprintf(source, sizeof source, "configs/%s", names[i]);
    copy(folder, names[i], source);
  }
  put_text(folder, "small.yaml",
           "name: small\ndata:\n  file: rows.h5\n  order: {blocks: {rows: 64, window: 2}}\n"
           "  target: {column: y, task: binary, positive: 1}\ntrain: {batch: 512, epochs: 2}\n");
}

static void csv_seeds(const char *folder) {
  const char *const texts[] = {
      "id,x,k\n1,0.5,a\n2,,b\n3,-1e3,?\n",
      "\xef\xbb\xbfid;text\r\n1;\"two\nlines\"\r\n\r\n2;\"say \"\"yes\"\"\"\r\n",
      "a\tb|c\n 1 \t x\n",
      "one\n\"\"\n",
  };
  put_texts(folder, texts, 4);
  char packed[256];
  struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
  size_t length = libdeflate_gzip_compress(compressor, texts[0], strlen(texts[0]), packed, sizeof packed);
  libdeflate_free_compressor(compressor);
  put(folder, "gzip", packed, length);
}

static void old_dataset(hid_t parent, const char *name, hid_t type, hsize_t count, const void *values,
                        hsize_t chunk) {
  hid_t space = H5Screate_simple(1, &count, NULL), properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(properties, 0);
  if (chunk > 0) {
    H5Pset_chunk(properties, 1, &chunk);
    H5Pset_shuffle(properties);
    H5Pset_deflate(properties, 4);
    H5Pset_fletcher32(properties);
  }
  hid_t set = H5Dcreate2(parent, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  if (H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) abort();
  H5Dclose(set);
  H5Pclose(properties);
  H5Sclose(space);
}

// As h5py writes by default: the oldest format, whose metadata have no checksums.
static void old_file(const char *path, hsize_t chunk) {
  double x[20] = {0.5, -1, 2};
  int8_t codes[20] = {0, 1, -1};
  hid_t text = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, 5);
  H5Tset_strpad(text, H5T_STR_NULLPAD);
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hid_t columns = H5Gcreate2(file, "columns", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  hid_t colour = H5Gcreate2(columns, "colour", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  old_dataset(columns, "x", H5T_IEEE_F64LE, 20, x, chunk);
  old_dataset(colour, "codes", H5T_STD_I8LE, 20, codes, chunk);
  old_dataset(colour, "categories", text, 2, "red\0\0green", 0);
  H5Gclose(colour);
  H5Gclose(columns);
  H5Tclose(text);
  if (H5Fclose(file) < 0) abort();
}

// Numbers, integers and categories, stored whole and in compressed chunks, by ourselves and by others.
static void data_file_seeds(const char *folder) {
  char *categories[] = {"red", "green"};
  const uint8_t integer[] = {0, 1, 0};
  Frame *frame = frame_new(20, 3);
  column_make_numbers(&frame->columns[0], "x", 20);
  column_make_numbers(&frame->columns[1], "n", 20);
  column_make_codes(&frame->columns[2], "colour", 20, categories, 2);
  for (int i = 0; i < 20; i++) {
    frame->columns[0].numbers[i] = i * 0.5;
    frame->columns[1].numbers[i] = i;
    frame->columns[2].codes[i] = i % 3 - 1;
  }
  for (int compress = 0; compress < 2; compress++) {
    char path[PATH_BYTES];
    Error error;
    snprintf(path, sizeof path, "%s/%s", folder, compress ? "chunks" : "whole");
    DataFileOptions options = {integer, true, compress ? DATA_ZSTD : DATA_PLAIN};
    written(data_file_write(path, frame, &options, &error), &error);
    snprintf(path, sizeof path, "%s/old_%s", folder, compress ? "chunks" : "whole");
    old_file(path, compress ? 8 : 0);
  }
  frame_free(frame);
}

static void events_seeds(const char *folder) {
  Text text = {0};
  for (int kind = 0; kind < 4; kind++) {
    Event event = {
        .kind = (EventKind)kind, .step = (uint64_t)kind + 1, .loss = 0.5f, .value = 0.75, .reason = "epochs"};
    event_write(&text, &event);
  }
  put(folder, "log", text.bytes, text.length);
  put(folder, "torn", text.bytes, text.length - 10);
  text_free(&text);
}

static void manifest_seeds(const char *folder) {
  ManifestFile file = {"rows.h5", 1234};
  Gate guardrail = {.metric = "auc", .rule = GATE_NOT_WORSE, .margin = 0.01};
  uint64_t steps[] = {8, 12};
  Manifest manifest = {.name = "small",
                       .goal = "",
                       .owner = "",
                       .numerics = "x1",
                       .version = "1",
                       .bits = "a=1\n",
                       .files = &file,
                       .file_count = 1,
                       .rows = 10,
                       .metric = "auc",
                       .gates = {.guardrails = &guardrail, .guardrail_count = 1, .confidence = 0.95},
                       .end = ""};
  char *text = manifest_text(&manifest);
  put_text(folder, "running", text);
  free(text);
  manifest.finished = 1;
  manifest.end = "epochs";
  manifest.steps = steps;
  manifest.step_count = 2;
  text = manifest_text(&manifest);
  put_text(folder, "finished", text);
  free(text);
  PinnedProduct product = {{PRODUCT_FORWARD, ACTIVATION_RELU, 1024, 32, 16}, {1, 2, 3}};
  manifest.numerics = "f1";
  manifest.pins = (ProductPins){"some GPU", 130100, &product, 1};
  text = manifest_text(&manifest);
  put_text(folder, "fast", text);
  free(text);
}

static void payoff_seeds(const char *folder) {
  const char *const texts[] = {
      "CASE WHEN label = 1 THEN :offer * x * 12 ELSE 0 END - 90",
      "coalesce(\"monthly charge\", 0) + x / 2.0",
      "iif(coalesce(k, 'month') IN ('month', 'it''s') AND NOT x BETWEEN 1 AND 2e1, -1, max(1, round(x)))",
      "CASE k WHEN 'month' THEN 1 ELSE 2 END",
      "((((1))))",
  };
  put_texts(folder, texts, 5);
}

static void predictions_seeds(const char *folder, const char *ending) {
  char *ids[] = {"a", "b,c", "d\"e"}, *classes[] = {"no", "may,be", "yes"};
  double scores[] = {0.25, 0.5, 0.25, 0, 1, 0, 0.125, 0.125, 0.75}, labels[] = {0, 1, 1};
  int64_t act[] = {1000000, -5, 0}, skip[] = {0, 0, 1};
  for (int classes_count = 1; classes_count <= 3; classes_count += 2) {
    Predictions predictions = {
        .rows = 3, .classes = classes_count, .ids = ids, .scores = scores, .labels = labels};
    if (classes_count == 3) predictions.class_names = classes;
    if (classes_count == 1) predictions.act = act, predictions.skip = skip;
    char path[PATH_BYTES];
    Error error;
    snprintf(path, sizeof path, "%s/%d%s", folder, classes_count, ending);
    written(predictions_write(path, &predictions, NULL, 0, true, &error), &error);
  }
}

// The report of the folder, whole and without what most of its bytes are.
static void judged_report_seeds(const char *folder) {
  static const char *const large[] = {"curves", "gains", "calibration", "methods", "metrics"};
  json_t *report = judged_folder_report();
  for (int small = 0; small < 2; small++) {
    char *text = json_dumps(report, JSON_INDENT(1));
    put_text(folder, small ? "small" : "whole", text);
    free(text);
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) json_object_del(report, large[i]);
  }
  json_decref(report);
}

static void report_seeds(const char *folder) {
  copy(folder, "full.json", "tests/io/fixtures/report_full.json");
  copy(folder, "leaderboard.json", "tests/io/fixtures/report_leaderboard.json");
  copy(folder, "inconclusive.json", "tests/io/fixtures/report_inconclusive.json");
  put_text(folder, "empty.json", "{}\n");
  put_text(folder, "hostile.json",
           "{\"subject\": {\"name\": \"<script>alert(1)</script>\", \"owner\": \"\\u0007'&\"}}\n");
}

// A model's tensors with fitted preprocessing.
static void safetensors_seeds(const char *folder) {
  double mean = 1.5, std = 2;
  uint8_t flag = 1;
  int64_t width = 3;
  float weights[] = {1, -2, 0.5f, 0};
  const int64_t one[] = {1}, two[] = {2, 2};
  const struct {
    const char *name, *text;
    int64_t length;
  } texts[] = {{"preprocess.000.name", "x", 2},
               {"preprocess.000.kind", "numeric", 8},
               {"preprocess.001.name", "k", 2},
               {"preprocess.001.kind", "category", 9},
               {"preprocess.001.values", "a\0b", 4},
               {"preprocess.target.name", "y", 2},
               {"preprocess.target.task", "binary", 7},
               {"preprocess.target.kind", "number", 7},
               {"preprocess.target.classes",
                "0\0"
                "1",
                4}};
  TensorSet set = {0};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    tensor_set_add(&set, texts[i].name, DTYPE_U8, 1, &texts[i].length, (char *)(uintptr_t)texts[i].text);
  tensor_set_add(&set, "preprocess.000.mean", DTYPE_F64, 1, one, &mean);
  tensor_set_add(&set, "preprocess.000.std", DTYPE_F64, 1, one, &std);
  tensor_set_add(&set, "preprocess.000.flag", DTYPE_U8, 1, one, &flag);
  tensor_set_add(&set, "preprocess.000.required", DTYPE_U8, 1, one, &flag);
  tensor_set_add(&set, "preprocess.001.width", DTYPE_I64, 1, one, &width);
  tensor_set_add(&set, "layers.0.weight", DTYPE_F32, 2, two, weights);
  char path[PATH_BYTES];
  Error error;
  snprintf(path, sizeof path, "%s/model", folder);
  written(safetensors_write(NULL, &file_calls_system, path, &set, &error), &error);
  tensor_set_free(&set);
}

static void sums_seeds(const char *folder) {
  Sums sums = {0};
  const uint8_t digest[DIGEST_BYTES] = {1, 2, 3};
  sums_add(&sums, "config.yaml", digest);
  sums_add(&sums, "checkpoints/step-1/state.json", digest);
  char *text = sums_text(&sums);
  put_text(folder, "two", text);
  free(text);
  sums_free(&sums);
}

int fuzz_seeds(const char *fuzzer, const char *folder) {
  const struct {
    const char *name;
    void (*write)(const char *folder);
  } writers[] = {{"chunk", chunk_seeds},       {"config", config_seeds},
                 {"csv", csv_seeds},           {"data_file", data_file_seeds},
                 {"events", events_seeds},     {"judged_report", judged_report_seeds},
                 {"manifest", manifest_seeds}, {"payoff", payoff_seeds},
                 {"report", report_seeds},     {"safetensors", safetensors_seeds},
                 {"sums", sums_seeds}};
  for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
    if (strcmp(writers[i].name, fuzzer) != 0) continue;
    writers[i].write(folder);
    return 1;
  }
  int csv = strcmp(fuzzer, "predictions_csv") == 0, h5 = strcmp(fuzzer, "predictions_h5") == 0;
  if (csv || h5) predictions_seeds(folder, csv ? ".csv" : ".h5");
  return csv || h5;
}
