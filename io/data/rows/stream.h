// Private to io/data: rows of a part in the order of an epoch, of which two windows are in memory: one is
// read from while a thread fills the other with what comes next.
//
//   positions of the epoch   | ... read ... | window A: being read | window B: being filled | ...
//
// A window holds its rows in the order of the epoch: one pool of order blocks, or several small ones. Only
// the reading thread asks for windows, only the filling one fills; what fails while filling is told when it
// is read.
#ifndef INGOT_IO_DATA_ROWS_STREAM_H
#define INGOT_IO_DATA_ROWS_STREAM_H

#include "io/data/dataset_state.h"

typedef struct Stream Stream;

// Rows rows[0..count) of the data set, ascending; they and everything else must outlive the stream. 65 as
// loader_create; 69 where the system refuses a thread.
Status stream_create(Stream **stream, const Dataset *dataset, const Config *config,
                     const Preprocess *preprocess, const int64_t *rows, int64_t count, Error *error);

// Fills every window once in file order: an unusable value is found before training starts.
Status stream_check(Stream *stream, Error *error);

// The rows at the positions of a span.
Status stream_follow(Stream *stream, Batch *batch, const RowSpan *span, Error *error);

// Any rows (numbers within the part).
Status stream_read(Stream *stream, Batch *batch, const int64_t *rows, int64_t count, Error *error);

// Rows of the file that are read for each that is used, in a window of this order.
double stream_excess(Stream *stream, const RowOrder *order);

void stream_free(Stream *stream); // waits for the filling thread; NULL is allowed

// Bytes that a stream of `count` rows holds.
int64_t stream_bytes(const Dataset *dataset, const Config *config, const InputLayout *layout, int64_t count);

#endif
