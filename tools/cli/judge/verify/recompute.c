// Judges a finished report again and finds the first difference.
#include "tools/cli/judge/verify/recompute.h"

#include "engine/evaluate/rows_match.h"
#include "engine/shared/memory.h"
#include "io/report/html/report_html.h"
#include "io/report/json_text.h"
#include "io/report/report_junit.h"
#include "io/report/report_markdown.h"
#include "io/report/report_read.h"
#include "io/shared/durable.h"
#include "io/shared/text.h"
#include "tools/cli/judge/verify/difference.h"
#include "tools/cli/judge/verify/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHALLENGERS_MAX = 20, PAGE_BYTES_MAX = 1 << 24, POINTER_BYTES = 64 };

// A model of the report.
typedef struct Member {
  char pointer[POINTER_BYTES]; // "/subject/others/0"
  const char *file;            // its scores
  JudgedModel *judged;
  char *missing; // why it was not opened where it came from; NULL: it was
} Member;

typedef struct Again {
  const json_t *report;
  char *folder;
  Sources sources;
  JudgedModel champion, challengers[CHALLENGERS_MAX]; // in the order they were given
  int challenger_count, chosen;                       // chosen: that the report is about
  bool has_champion, partial;                         // partial: a model that was reopened has more rows
  Member members[CHALLENGERS_MAX + 1];                // the challengers, then the champion
  int member_count;
  ValidityCheck checks[CHALLENGERS_MAX][2 * MODEL_CHECKS]; // the champion's, then the challenger's own
  Validity validity[CHALLENGERS_MAX];
  Recall recall;
  Difference difference;
} Again;

// ---- the models as they were stored ----

static Status not_judged(const Again *again, const char *what, Error *error) {
  return error_set(error, STATUS_DATA, "%s/report.json cannot be judged again: %s", again->folder, what);
}

// The place of a challenger by its file: challenger_3.h5 is the third; predictions.h5 is the one left over.
static int place_of(const char *file) {
  int place = 0, end = 0;
  bool numbered = sscanf(file, "challenger_%2d.h5%n", &place, &end) == 1 && file[end] == '\0' && end > 0;
  return numbered ? place - 1 : -1;
}

static Status open_challenger(Again *again, int place, const char *pointer, Error *error) {
  Member *member = &again->members[place];
  if (place < 0 || place >= again->challenger_count || member->judged != NULL)
    return not_judged(again, "its scores are no challenger_<n>.h5 of as many models", error);
  member->judged = &again->challengers[place];
  member->file = report_string(report_at(again->report, pointer), "predictions");
  snprintf(member->pointer, sizeof member->pointer, "/%s", pointer);
  return judged_model_open_stored(member->judged, again->report, again->folder, pointer, error);
}

static Status open_stored(Again *again, Error *error) {
  size_t others = report_size(again->report, "subject/others");
  if (others >= CHALLENGERS_MAX) return not_judged(again, "it has too many models", error);
  again->challenger_count = again->member_count = (int)others + 1;
  for (size_t i = 0; i < others; i++) {
    char pointer[POINTER_BYTES], file[POINTER_BYTES];
    snprintf(pointer, sizeof pointer, "subject/others/%zu", i);
    snprintf(file, sizeof file, "%.40s", report_string(report_at(again->report, pointer), "predictions"));
    PASS(open_challenger(again, place_of(file), pointer, error));
  }
  while (again->chosen < again->challenger_count && again->members[again->chosen].judged != NULL)
    again->chosen++;
  PASS(open_challenger(again, again->chosen, "subject/challenger", error));
  again->has_champion = report_at(again->report, "subject/champion") != NULL;
  if (!again->has_champion) return STATUS_OK;
  again->members[again->member_count++] =
      (Member){"/subject/champion", report_string(again->report, "subject/champion/predictions"),
               &again->champion, NULL};
  return judged_model_open_stored(&again->champion, again->report, again->folder, "subject/champion", error);
}

// Scores of an earlier version hold too little.
static Status check_columns(const Again *again, Error *error) {
  for (int i = 0; i < again->member_count; i++) {
    const JudgedModel *judged = again->members[i].judged;
    bool priced = judged->config->business.present && judged->judged.task != TASK_MULTICLASS;
    if (priced && judged->judged.frame == NULL)
      return error_set(
          error, STATUS_DATA,
          "%s/%s lacks columns payoff.<name> that its business definition uses: write the report "
          "again (%s)",
          again->folder, again->members[i].file, report_string(again->report, "lineage/command"));
  }
  return STATUS_OK;
}

// ---- the models themselves ----

static void reopen_all(Again *again, Recomputation *made) {
  made->models = again->member_count;
  for (int i = 0; i < again->member_count; i++) {
    Member *member = &again->members[i];
    bool forged = false;
    const JudgedModel *lead = i == 0 ? NULL : &again->challengers[0];
    made->reopened += sources_reopen(member->judged, &again->partial, &forged, &member->missing,
                                     &again->sources, member->file, lead);
    if (forged)
      difference_note(&again->difference, "%s: its scores are not those of the model that %s names, %s",
                      member->file, member->pointer, member->missing);
  }
}

// Scores that are the same are the same model, and digests that are the same have the same scores.
static Status find_identical(bool *identical, const Again *again, const JudgedModel *challenger,
                             Error *error) {
  uint8_t digests[2][DIGEST_BYTES];
  EvaluationSet sets[2] = {judged_model_set(&again->champion), judged_model_set(challenger)};
  PASS(judgement_same_model(identical, &again->champion, challenger, error));
  PASS(scores_digest(digests[0], &sets[0], (const char *const *)again->champion.judged.ids, error));
  PASS(scores_digest(digests[1], &sets[1], (const char *const *)challenger->judged.ids, error));
  *identical = *identical && memcmp(digests[0], digests[1], DIGEST_BYTES) == 0;
  return STATUS_OK;
}

static Status find_validity(Again *again, bool all, Error *error) {
  const JudgeChoices *choices = &again->sources.choices;
  bool partial = json_is_true(report_at(again->report, "evaluation_set/partial"));
  double scored = report_number(again->report, "evaluation_set/coverage/of");
  for (int i = 0; i < again->challenger_count; i++) {
    Validity *validity = &again->validity[i];
    ValidityCheck *checks = again->checks[i];
    int count = 0, own;
    if (again->has_champion)
      PASS(judgement_checks(checks, &count, &again->champion, "champion", choices, error));
    PASS(judgement_checks(checks + count, &own, &again->challengers[i], "challenger", choices, error));
    validity->checks = checks;
    validity->count = count + own;
    if (!again->has_champion) continue;
    validity->partial = all ? again->partial : partial;
    validity->scored = scored >= 1 && scored < 0x1p53 ? (int64_t)scored : 1;
    PASS(find_identical(&validity->identical, again, &again->challengers[i], error));
  }
  return STATUS_OK;
}

// ---- what was not made again ----

// What the stored scores of the challenger do not tell.
static void except_data(Again *again, const Member *chosen) {
  static const char *const names[] = {"/importance", "/dependence",       "/learning",         "/data",
                                      "/drift",      "/swap/features",    "/swap/columns",     "/swap/few",
                                      "/operations", "/stability/blocks", "/business/warnings"};
  size_t count = sizeof names / sizeof names[0];
  bool by_order = again->challengers[0].config->data.split.by == SPLIT_ORDER;
  if (!by_order) count -= 2; // the rows' place in the data tells nothing
  for (size_t i = 0; i < count; i++) difference_except(&again->difference, names[i], chosen->missing, false);
}

static void except_all(Again *again) {
  Difference *out = &again->difference;
  const char *missing = NULL;
  for (int i = 0; i < again->member_count; i++) {
    const Member *member = &again->members[i];
    if (member->missing == NULL) continue;
    missing = member->missing;
    difference_except(out, member->pointer, missing, true);
  }
  const Member *chosen = &again->members[again->chosen], *champion = &again->members[again->challenger_count];
  if (chosen->missing != NULL) except_data(again, chosen);
  if (missing != NULL) difference_except(out, "/checks", missing, true);
  if (missing != NULL) difference_except(out, "/evaluation_set/part", missing, true);
  if (missing != NULL && again->has_champion)
    difference_except(out, "/evaluation_set/partial", missing, true);
  if (again->has_champion && champion->missing != NULL)
    difference_except(out, "/rules_changed", champion->missing, false);
  difference_except(out, "/stability/seeds", "the trainings of --retrain", false);
  if (strcmp(report_string(again->report, "verdict/state"), "INCONCLUSIVE") == 0)
    difference_except(out, "/verdict/override", "the person who signed it", false);
  difference_except(out, "/lineage/tool", "what was run, of which the report alone tells", false);
  difference_except(out, "/lineage/commit", "what was run, of which the report alone tells", false);
  difference_except(out, "/lineage/command", "what was run, of which the report alone tells", true);
  if (again->recall.found) return;
  difference_except(out, "/ledger/file_digest", "gates.ledger, which does not hold this decision", false);
  difference_except(out, "/ledger/decisions_before", "gates.ledger, which does not hold this decision", true);
}

// ---- pages ----

// The pages are what report.json renders to.
static void compare_page(Again *again, const char *name, Text *text) {
  char *path = memory_format("%s/%s", again->folder, name), *bytes = NULL;
  size_t length = 0;
  Error ignored;
  bool read = file_read(&bytes, &length, path, PAGE_BYTES_MAX, &ignored) == STATUS_OK;
  if (!read || length != text->length || memcmp(bytes, text->bytes, length) != 0)
    difference_note(&again->difference, "%s is not what report.json renders to", name);
  free(bytes);
  free(path);
  text_free(text);
}

static void compare_pages(Again *again) {
  Text text = {0};
  report_html(&text, again->report);
  compare_page(again, "report.html", &text);
  report_markdown(&text, again->report);
  compare_page(again, "report.md", &text);
  report_junit(&text, again->report);
  compare_page(again, "junit.xml", &text);
}

// ---- all ----

// The tree as it reads from its file, where 1.0 is the integer 1.
static json_t *as_written(json_t *report) {
  Text text = {0};
  json_text(&text, report);
  json_t *read = json_loadb(text.bytes, text.length, 0, NULL);
  text_free(&text);
  json_decref(report);
  return read;
}

// What the rows are called: as they were asked for, where that can be asked again.
static const char *part_of(const Again *again, bool all) {
  const JudgeChoices *choices = &again->sources.choices;
  if (!all) return report_string(again->report, "evaluation_set/part");
  return choices->data != NULL ? "given" : choices->part;
}

static Status judge_again(Again *again, Recomputation *made, Error *error) {
  json_t *found = NULL;
  Judgement judgement = {.challengers = again->challengers,
                         .challenger_count = again->challenger_count,
                         .champion = again->has_champion ? &again->champion : NULL,
                         .validity = again->validity,
                         .command = report_string(again->report, "lineage/command"),
                         .choices = &again->sources.choices,
                         .recall = &again->recall};
  reopen_all(again, made);
  bool all = made->reopened == made->models;
  judgement.part = part_of(again, all);
  PASS(find_validity(again, all, error));
  PASS(judgement_report(&found, &judgement, error));
  found = as_written(found);
  except_all(again);
  difference_find(&again->difference, again->report, found);
  json_decref(found);
  compare_pages(again);
  return STATUS_OK;
}

static void again_clear(Again *again) {
  judged_model_close(&again->champion);
  for (int i = 0; i < again->challenger_count; i++) judged_model_close(&again->challengers[i]);
  for (int i = 0; i < again->member_count; i++) free(again->members[i].missing);
  sources_free(&again->sources);
  difference_clear(&again->difference);
  free(again->folder);
}

Status report_recompute(Recomputation *made, const char *path, Error *error) {
  Again *again = memory_get(1, sizeof *again);
  json_t *report = NULL;
  Status status;
  *made = (Recomputation){0};
  TRY(judged_report_read(&report, &again->folder, path, error));
  again->report = report;
  again->recall.entry.decisions_before =
      (int64_t)json_integer_value(report_at(report, "ledger/decisions_before"));
  sources_read(&again->sources, again->folder);
  TRY(open_stored(again, error));
  TRY(check_columns(again, error));
  TRY(judge_again(again, made, error));
  made->compared = again->difference.compared;
  made->unmade = difference_unmade(&again->difference, report);
  if (again->difference.text != NULL) {
    made->difference = memory_text(again->difference.text);
    status = error_set(error, STATUS_NO, "%s", made->difference);
  }
done:
  again_clear(again);
  free(again);
  json_decref(report);
  return status;
}

void recomputation_clear(Recomputation *made) {
  free(made->difference);
  json_decref(made->unmade);
  *made = (Recomputation){0};
}
