// Comparability of two evaluation sets: the same rows by id, and a digest of what they are judged by.
#ifndef INGOT_ENGINE_EVALUATE_ROWS_MATCH_H
#define INGOT_ENGINE_EVALUATE_ROWS_MATCH_H

#include "engine/evaluate/evaluation_set.h"
#include "engine/shared/tensor.h"

// match[i] = the row of `other`, the model compared with, with the id of row i, of the challenger. 65 where
// an id repeats, or one is in only one of the two (counts and the first id are named). Ids are compared as
// bytes.
Status rows_match(int64_t *match, const char *const *ids, int64_t rows, const char *const *other,
                  int64_t other_rows, Error *error);

// Rows that are in both, ascending in the first (for --intersect); returns how many. Room for `rows` each.
Status rows_intersect(int64_t *count, int64_t *of_first, int64_t *of_other, const char *const *ids,
                      int64_t rows, const char *const *other, int64_t other_rows, Error *error);

// SHA-256 over the rows sorted by id: id, NUL, label and weight (binary64, -0 as +0), act and skip (int64; 0
// where there is no money), little-endian, then of each slice column in byte order of names the value: a
// number as binary64 (every NaN the same), a category as its text and NUL (0xff where it is missing). The
// columns' names, each ended by NUL, come first of all. 65 where an id repeats.
Status rows_digest(uint8_t digest[DIGEST_BYTES], const EvaluationSet *set, const char *const *ids,
                   Error *error);

// The same over ids, labels and weights alone: the evaluation set whatever it is judged by.
Status evaluation_digest(uint8_t digest[DIGEST_BYTES], const EvaluationSet *set, const char *const *ids,
                         Error *error);

// The same over the scores: id, NUL, one binary64 a class.
Status scores_digest(uint8_t digest[DIGEST_BYTES], const EvaluationSet *set, const char *const *ids,
                     Error *error);

#endif
