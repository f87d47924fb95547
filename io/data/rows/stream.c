// Two windows of rows and the thread that fills them.
#include "io/data/rows/stream.h"

#include "engine/shared/memory.h"
#include "io/data/rows/batch_memory.h"
#include "io/data/rows/load.h"
#include "kernels/shared/order.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { FULL_ROWS = 65536, LEAST_ROWS = 16384, TILE = 512 };

// Rows [first, first + count) of an epoch.
typedef struct Stretch {
  bool ordered; // else in file order
  RowOrder order;
  uint32_t epoch;
  int64_t first, count;
} Stretch;

typedef enum WindowState { WINDOW_EMPTY, WINDOW_FILLING, WINDOW_FULL } WindowState;

typedef struct Window {
  WindowState state; // under the mutex
  Stretch stretch;
  Batch batch;
  Status status; // of filling it
  Error error;
} Window;

struct Stream {
  Loader *loader;
  const InputLayout *layout;
  const int64_t *rows; // of the data set
  int64_t row_count, window_rows;
  Window windows[2];
  RowWanted *wanted, *spare; // [window_rows], of whoever loads
  bool checked;
  // The filling thread.
  pthread_mutex_t mutex;
  pthread_cond_t asked, filled;
  pthread_t thread;
  bool started;
  Window *job;     // to be filled; NULL: none
  atomic_int stop; // ends filling
};

// ---- what a window holds ----

static bool same_order(const RowOrder *a, const RowOrder *b) {
  return a->rows == b->rows && a->block_rows == b->block_rows && a->block_window == b->block_window &&
         a->seed == b->seed;
}

static bool follows_same(const Stretch *a, const Stretch *b) {
  if (a->ordered != b->ordered) return false;
  return !a->ordered || (a->epoch == b->epoch && same_order(&a->order, &b->order));
}

static bool holds(const Window *window, const Stretch *wanted) {
  const Stretch *held = &window->stretch;
  return window->state != WINDOW_EMPTY && follows_same(held, wanted) && wanted->first >= held->first &&
         wanted->first < held->first + held->count;
}

// The end of whole pools from `first` on that a window can take; at least a part of one.
static int64_t pools_end(const Stream *stream, const Stretch *stretch) {
  int64_t limit = stretch->first + stream->window_rows;
  int64_t end = order_pool(&stretch->order, stretch->epoch, stretch->first).end;
  while (end < limit && end < stream->row_count) {
    int64_t next = order_pool(&stretch->order, stretch->epoch, end).end;
    if (next > limit) break;
    end = next;
  }
  return end < limit ? end : limit;
}

// How many rows the window takes that begins at stretch->first.
static int64_t rows_of_window(const Stream *stream, const Stretch *stretch) {
  int64_t left = stream->row_count - stretch->first;
  if (left > stream->window_rows) left = stream->window_rows;
  if (!stretch->ordered) return loader_cut(stream->loader, stream->rows + stretch->first, left);
  if (stretch->order.block_rows == 0) return left;
  return pools_end(stream, stretch) - stretch->first;
}

static Stretch after(const Stretch *stretch, int64_t row_count) {
  Stretch next = *stretch;
  next.first += next.count;
  if (next.first < row_count) return next;
  next.first = 0;
  next.epoch++;
  return next;
}

// ---- filling ----

// Sorts wanted[0..count), whose rows are those of the part, and makes them the data set's.
static void sort_wanted(int64_t **rows, int64_t **places, Stream *stream, int64_t count) {
  rows_sort(rows, places, stream->wanted, stream->spare, count);
  for (int64_t i = 0; i < count; i++) (*rows)[i] = stream->rows[(*rows)[i]];
}

static void want_stretch(Stream *stream, const Stretch *stretch) {
  int64_t rows[TILE];
  for (int64_t at = 0; at < stretch->count; at += TILE) {
    int64_t count = stretch->count - at < TILE ? stretch->count - at : TILE;
    order_rows(rows, &stretch->order, stretch->epoch, stretch->first + at, count);
    for (int64_t i = 0; i < count; i++) stream->wanted[at + i] = (RowWanted){rows[i], at + i};
  }
}

static Status fill(Stream *stream, Window *window) {
  const Stretch *stretch = &window->stretch;
  int64_t *rows, *places;
  if (!stretch->ordered) {
    return loader_part(stream->loader, &window->batch, stream->rows + stretch->first, stretch->count,
                       &window->error);
  }
  want_stretch(stream, stretch);
  sort_wanted(&rows, &places, stream, stretch->count);
  return loader_run(stream->loader, &window->batch, rows, places, stretch->count, &window->error);
}

static void *fill_windows(void *argument) {
  Stream *stream = argument;
  pthread_mutex_lock(&stream->mutex);
  for (;;) {
    while (stream->job == NULL && !atomic_load(&stream->stop))
      pthread_cond_wait(&stream->asked, &stream->mutex);
    if (atomic_load(&stream->stop)) break;
    Window *window = stream->job;
    pthread_mutex_unlock(&stream->mutex);
    Status status = fill(stream, window);
    pthread_mutex_lock(&stream->mutex);
    window->status = status;
    window->state = WINDOW_FULL;
    stream->job = NULL;
    pthread_cond_signal(&stream->filled);
  }
  pthread_mutex_unlock(&stream->mutex);
  return NULL;
}

// ---- reading; under the mutex ----

static void ask_for(Stream *stream, Window *window, const Stretch *stretch) {
  window->stretch = *stretch;
  window->stretch.count = rows_of_window(stream, stretch);
  window->state = WINDOW_FILLING;
  stream->job = window;
  pthread_cond_signal(&stream->asked);
}

static void wait_until_idle(Stream *stream) {
  while (stream->job != NULL) pthread_cond_wait(&stream->filled, &stream->mutex);
}

// The window that holds wanted->first, full; what comes after it is on its way.
static Window *window_at(Stream *stream, const Stretch *wanted) {
  Window *found = NULL;
  for (int i = 0; i < 2; i++) {
    if (holds(&stream->windows[i], wanted)) found = &stream->windows[i];
  }
  if (found == NULL || found->state == WINDOW_FILLING) wait_until_idle(stream);
  if (found == NULL) {
    found = &stream->windows[0];
    ask_for(stream, found, wanted);
    wait_until_idle(stream);
  }
  Window *other = found == &stream->windows[0] ? &stream->windows[1] : &stream->windows[0];
  Stretch next = after(&found->stretch, stream->row_count);
  bool wanted_next = stream->checked || next.first > 0;
  if (found->status == STATUS_OK && wanted_next && stream->job == NULL && !holds(other, &next) &&
      !holds(found, &next)) {
    ask_for(stream, other, &next);
  }
  return found;
}

static Status find_window(Window **window, Stream *stream, const Stretch *wanted, Error *error) {
  pthread_mutex_lock(&stream->mutex);
  *window = window_at(stream, wanted);
  pthread_mutex_unlock(&stream->mutex);
  if ((*window)->status != STATUS_OK) *error = (*window)->error;
  return (*window)->status;
}

Status stream_follow(Stream *stream, Batch *batch, const RowSpan *span, Error *error) {
  Stretch wanted = {.ordered = span->order != NULL, .epoch = span->epoch};
  if (wanted.ordered) wanted.order = *span->order;
  for (int64_t done = 0; done < span->count;) {
    Window *window;
    wanted.first = span->first + done;
    PASS(find_window(&window, stream, &wanted, error));
    int64_t at = wanted.first - window->stretch.first, count = window->stretch.count - at;
    if (count > span->count - done) count = span->count - done;
    Batch from = batch_at(&window->batch, stream->layout, at), to = batch_at(batch, stream->layout, done);
    batch_copy(&to, &from, stream->layout, count);
    done += count;
  }
  return STATUS_OK;
}

Status stream_check(Stream *stream, Error *error) {
  Stretch wanted = {.ordered = false};
  while (wanted.first < stream->row_count) {
    Window *window;
    PASS(find_window(&window, stream, &wanted, error));
    wanted.first = window->stretch.first + window->stretch.count;
  }
  stream->checked = true;
  return STATUS_OK;
}

static void wait_alone(Stream *stream) {
  pthread_mutex_lock(&stream->mutex);
  wait_until_idle(stream); // and nobody else asks
  pthread_mutex_unlock(&stream->mutex);
}

Status stream_read(Stream *stream, Batch *batch, const int64_t *rows, int64_t count, Error *error) {
  wait_alone(stream);
  for (int64_t at = 0; at < count;) {
    int64_t some = count - at < stream->window_rows ? count - at : stream->window_rows, *sorted, *places;
    Batch to = batch_at(batch, stream->layout, at);
    for (int64_t i = 0; i < some; i++) stream->wanted[i] = (RowWanted){rows[at + i], i};
    sort_wanted(&sorted, &places, stream, some);
    PASS(loader_run(stream->loader, &to, sorted, places, some, error));
    at += some;
  }
  return STATUS_OK;
}

double stream_excess(Stream *stream, const RowOrder *order) {
  Stretch stretch = {.ordered = true, .order = *order};
  int64_t *rows, *places;
  wait_alone(stream);
  stretch.count = rows_of_window(stream, &stretch);
  want_stretch(stream, &stretch);
  sort_wanted(&rows, &places, stream, stretch.count);
  return loader_excess(stream->loader, rows, stretch.count);
}

// ---- life ----

static int64_t window_rows(const Config *config, int64_t count) {
  const DataConfig *data = &config->data;
  int64_t rows = FULL_ROWS;
  if (data->order == ORDER_BLOCKS) rows = data->block_rows * data->block_window;
  if (rows < LEAST_ROWS) rows = LEAST_ROWS;
  return rows < count ? rows : count;
}

static Status start_thread(Stream *stream, Error *error) {
  sigset_t every, old; // signals are for the caller's thread
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &old);
  int refused = pthread_create(&stream->thread, NULL, fill_windows, stream);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  stream->started = refused == 0;
  if (stream->started) return STATUS_OK;
  return error_set(error, STATUS_UNAVAILABLE,
                   "the system refused a thread that reads ahead (%s): end other programs, or choose "
                   "machine.residency: memory",
                   strerror(refused));
}

Status stream_create(Stream **made, const Dataset *dataset, const Config *config,
                     const Preprocess *preprocess, const int64_t *rows, int64_t count, Error *error) {
  Status status;
  Stream *stream = memory_get(1, sizeof *stream);
  stream->layout = preprocess_layout(preprocess);
  stream->rows = rows;
  stream->row_count = count;
  stream->window_rows = window_rows(config, count);
  pthread_mutex_init(&stream->mutex, NULL);
  pthread_cond_init(&stream->asked, NULL);
  pthread_cond_init(&stream->filled, NULL);
  TRY(loader_create(&stream->loader, dataset, preprocess, config->machine.threads, &stream->stop, error));
  for (int i = 0; i < 2; i++) batch_make(&stream->windows[i].batch, stream->layout, stream->window_rows);
  stream->wanted = memory_get((size_t)stream->window_rows, sizeof *stream->wanted);
  stream->spare = memory_get((size_t)stream->window_rows, sizeof *stream->spare);
  TRY(start_thread(stream, error));
  *made = stream;
  stream = NULL;
done:
  stream_free(stream);
  return status;
}

void stream_free(Stream *stream) {
  if (stream == NULL) return;
  if (stream->started) {
    pthread_mutex_lock(&stream->mutex);
    atomic_store(&stream->stop, 1);
    pthread_cond_signal(&stream->asked);
    pthread_mutex_unlock(&stream->mutex);
    pthread_join(stream->thread, NULL);
  }
  loader_free(stream->loader);
  for (int i = 0; i < 2; i++) batch_free(&stream->windows[i].batch);
  free(stream->wanted);
  free(stream->spare);
  pthread_cond_destroy(&stream->asked);
  pthread_cond_destroy(&stream->filled);
  pthread_mutex_destroy(&stream->mutex);
  free(stream);
}

int64_t stream_bytes(const Dataset *dataset, const Config *config, const InputLayout *layout, int64_t count) {
  int64_t rows = window_rows(config, count);
  return 2 * rows * (batch_row_bytes(layout) + (int64_t)sizeof(RowWanted)) + loader_bytes(dataset, config);
}
