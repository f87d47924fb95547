// Fuzzer of event logs: what reads is what would be written.
#include "io/run/events.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  EventLog log = {0};
  Error error = {0};
  const uint8_t origin[DIGEST_BYTES] = {0};
  Status status = event_log_read(&log, fuzz_file(".jsonl", data, size), &error);
  fuzz_settled(status, &error);
  if (status == STATUS_OK) {
    Text text = {0};
    for (int64_t i = 0; i < log.count; i++) event_write(&text, &log.events[i]);
    if (text.length > size || (text.length > 0 && memcmp(text.bytes, data, text.length) != 0)) abort();
    event_log_first_break(&log, origin);
    text_free(&text);
  }
  event_log_free(&log);
  return 0;
}
