// report.json: what evaluation and comparison found, with who was judged, on what, and by which rules.
//
// The file is a pure function of its inputs: no time, host, path or device is in it. Absent parts are absent
// members. Money is integers in millionths with "scale": 1000000 beside them; other numbers are binary64.
// Members that the renderers read are listed in io/README.md.
#ifndef INGOT_IO_REPORT_REPORT_JSON_H
#define INGOT_IO_REPORT_REPORT_JSON_H

#include "engine/evaluate/panels/panels.h"
#include "engine/evaluate/verdict/leaderboard.h"
#include "engine/preprocess/preprocess.h"
#include "engine/shared/tensor.h"
#include "io/report/ledger.h"

#include <jansson.h>

// A model that was judged. Texts may be NULL; digests are lower-case hex, "" where unknown.
typedef struct ReportSubject {
  const char *name, *kind; // "mlp", "linear", "predictions"
  const char *checkpoint;  // "step-00000684"
  char model_digest[DIGEST_HEX], state_digest[DIGEST_HEX], config_digest[DIGEST_HEX], data_digest[DIGEST_HEX];
  char predictions_digest[DIGEST_HEX]; // of what its prediction file says, in any order of rows
  char report_digest[DIGEST_HEX];      // of the report.json that it was taken from
  bool has_seed;
  uint64_t seed;
  const char *predictions;     // file of its scores beside the report; NULL: none
  Policy policy;               // binary: by which its decisions there were made
  bool threshold_kept;         // chosen by other costs than these, in a report that is decided again
  const ValidityCheck *checks; // [check_count] of a challenger that the report is not about; NULL: none
  int check_count;
} ReportSubject;

// What the model of the report is to those who run it.
typedef struct ReportOperations {
  int64_t parameters, inputs, model_bytes; // numbers that it learned; columns that it reads; of its file
  int64_t checked_rows, different_rows;    // scored a second time, in other pieces; with another result
} ReportOperations;

typedef struct ReportContext {
  const Config *config; // whose goal, owner, business and gates decide
  ReportSubject challenger, champion;
  const char *target, *positive;  // name of the target, text of label 1 (binary)
  const char *const *class_names; // [class_count]; NULL for regression
  int class_count;
  const char *part; // "test"
  bool partial;     // only the rows that all models scored
  int64_t scored;   // partial: the most rows that one of them scored
  uint8_t rows_digest[DIGEST_BYTES];
  const char *definition;             // digest of the business definition; NULL without money
  const char *examples;               // sentences about typical payoffs, a line each; NULL without money
  const Panels *panels;               // NULL: none
  const ReportOperations *operations; // NULL: the scores were given
  const char *version;                // of the program
  const char *commit;                 // of its source; "unknown" outside of git, NULL: not said
  const char *command;                // that writes this report again
  const char *override_by, *override_reason; // of an INCONCLUSIVE that a person accepted; else NULL
  const LedgerEntry *ledger;                 // where the decision spends alpha; else NULL
  const GatesConfig *champion_gates;         // the rules the champion was judged by; NULL: none
  const ReportSubject *others;               // [other_count] challengers that the report is not about
  int other_count;
  const Leaderboard *leaderboard; // of several challengers; else NULL
  const char *const *model_names; // [leaderboard->count]: the champion, then the challengers
} ReportContext;

// One model: champion and comparison NULL. Two: all of them. The tree is the caller's (json_decref).
json_t *report_json(const ReportContext *context, const EvaluationReport *challenger,
                    const EvaluationReport *champion, const Comparison *comparison, const Verdict *verdict);

// The report of two models that cannot be compared: the reason, and who they are.
json_t *report_json_refused(const ReportContext *context, const char *reason);

#endif
