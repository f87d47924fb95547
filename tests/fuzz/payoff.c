// Fuzzer of payoff expressions: parsed, and computed by SQLite on three rows.
#include "io/payoff/payoff.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

// Numbers; a category with a quote in it; a column whose name needs quotes. Both of the latter lack a value.
static Frame *three_rows(void) {
  char *categories[] = {"month", "it's"};
  const double x[] = {1.5, -2, 1e6}, charge[] = {70.35, 0, __builtin_nan("")};
  const int32_t k[] = {0, 1, -1};
  Frame *frame = frame_new(3, 3);
  column_make_numbers(&frame->columns[0], "x", 3);
  column_make_codes(&frame->columns[1], "k", 3, categories, 2);
  column_make_numbers(&frame->columns[2], "monthly charge", 3);
  for (int i = 0; i < 3; i++) {
    frame->columns[0].numbers[i] = x[i];
    frame->columns[1].codes[i] = k[i];
    frame->columns[2].numbers[i] = charge[i];
  }
  return frame;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static Frame *frame;
  if (frame == NULL) frame = three_rows();
  char *text = strndup((const char *)data, size);
  const double target[] = {0, 1, 1};
  Parameter parameter = {.name = "offer", .value = 60, .low = 40, .high = 90};
  BusinessConfig business = {.present = true,
                             .unit = "EUR",
                             .horizon = "",
                             .params = &parameter,
                             .param_count = 1,
                             .act = text,
                             .skip = "0"};
  PayoffRows rows = {.frame = frame, .task = TASK_BINARY, .target = target};
  Payoffs payoffs = {0};
  Error error = {0};
  Status status = payoff_evaluate(&payoffs, &business, &rows, &error);
  fuzz_settled(status, &error);
  if (status != STATUS_OK && payoffs.act != NULL) abort();
  payoff_free(&payoffs);
  free(text);
  return 0;
}
