// events.jsonl: one line per event of the loop, the chain of a run among them.
//
//   {"event":"step","step":1,"epoch":0,"loss":0.693147182,"norm":0.25,"chain":"<64 hex>"}
//   {"event":"validation","step":9,"epoch":0,"value":0.81,"loss":0.5,"improved":true,"chain":"<64 hex>"}
//   {"event":"checkpoint","step":9,"epoch":1,"chain":"<64 hex>"}
//   {"event":"end","step":9,"epoch":1,"reason":"epochs","chain":"<64 hex>"}
//
// step counts the optimizer steps done. Numbers read back as the same bits (binary32: 9 digits, binary64:
// 17); what is not finite is the string "inf", "-inf" or "nan". Steps and validations are links of the chain.
#ifndef INGOT_IO_RUN_EVENTS_H
#define INGOT_IO_RUN_EVENTS_H

#include "engine/train/sinks.h"
#include "io/shared/durable.h"
#include "io/shared/text.h"

void event_write(Text *text, const Event *event); // one line with its newline

// Reads one line (without its newline); returns 0 unless event_write would write exactly these bytes.
// event->reason points to a static string.
int event_read(Event *event, const char *line, size_t length);

typedef struct EventLog {
  Event *events;
  int64_t count;
  int torn; // behind the last whole line there are bytes without a newline: a write that was cut off
} EventLog;

// All lines of a file in order. 65 names the first line that is not one of ours.
Status event_log_read(EventLog *log, const char *path, Error *error);
void event_log_free(EventLog *log);

// The first event (its index) that does not follow from the ones before: a link whose recomputed chain is
// another, another event whose chain is not the head, or steps that do not count up by one. Starts from h(0)
// at step 0; -1 where all follow.
int64_t event_log_first_break(const EventLog *log, const uint8_t origin[DIGEST_BYTES]);

#endif
