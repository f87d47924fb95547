// manifest.json: what a run is made of and, once it is finished, what it ended in.
#ifndef INGOT_IO_RUN_MANIFEST_H
#define INGOT_IO_RUN_MANIFEST_H

#include "engine/shared/config.h"
#include "engine/shared/tensor.h"
#include "io/shared/durable.h"
#include "kernels/product/fast.h"

typedef struct ManifestFile {
  char *name; // file name without folders: data is found by digest, paths may change
  int64_t bytes;
} ManifestFile;

// A state of the run: digests of its checkpoint.
typedef struct ManifestState {
  uint64_t step, epoch;
  double best; // value of the selection metric, the best so far; NaN where there was no validation yet
  uint8_t model_digest[DIGEST_BYTES], state_digest[DIGEST_BYTES], chain[DIGEST_BYTES];
} ManifestState;

typedef struct Manifest {
  char *name, *goal, *owner, *numerics, *version;
  char *bits; // the bits config, its SHA-256 below
  uint8_t config_digest[DIGEST_BYTES];
  uint8_t data_digest[DIGEST_BYTES];
  uint8_t code_digest[DIGEST_BYTES]; // SHA-256 of the program that began the run
  uint8_t origin_chain[DIGEST_BYTES], origin_parameters[DIGEST_BYTES];
  ManifestFile *files;
  int file_count;
  int64_t rows, part_rows[PART_COUNT];
  ProductPins pins; // numerics f1: the algorithms of its products; else empty
  char *metric;     // the selection metric
  GatesConfig gates;
  int finished;
  char *end;              // why it ended; "" before
  ManifestState final;    // finished
  ManifestState selected; // finished: the checkpoint that evaluate and predict use
  uint64_t *steps;        // finished: steps of the checkpoints kept, ascending; between any two (and 0) a
  int step_count;         // segment can be run again and compared
} Manifest;

// Names that it is written and read with: by SplitPart, by ProductKind.
extern const char *const manifest_products[];
extern const char *const manifest_parts[];

char *manifest_text(const Manifest *manifest); // JSON, keys in a fixed order; freed by free()

// 66 no such file, 65 not a manifest.
Status manifest_read(Manifest **manifest, const char *path, Error *error);
void manifest_free(Manifest *manifest); // NULL is fine

#endif
