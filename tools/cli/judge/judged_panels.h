// What a report says beside its metrics, out of the rows' raw columns, the training rows and the model
// itself.
#ifndef INGOT_TOOLS_CLI_JUDGE_JUDGED_PANELS_H
#define INGOT_TOOLS_CLI_JUDGE_JUDGED_PANELS_H

#include "engine/evaluate/evaluate.h"
#include "engine/evaluate/panels/panels.h"
#include "tools/cli/judge/models/judged_model.h"

// Every panel but slices that can be had: raw columns need the challenger's data, drift its training rows.
// The sets are of the champion (NULL, as is comparison: one model) and of `judged`. `config` decides what is
// asked for.
Status judged_panels(Panels *panels, const EvaluationSet *champion, const EvaluationSet *challenger,
                     const JudgedModel *judged, const Comparison *comparison, const Config *config,
                     const GatesConfig *gates, Error *error);

// Whether the judged rows are not older than the training rows. *known: there is a time column, and both have
// it.
Status judged_time_check(bool *known, bool *passed, const JudgedModel *judged, Error *error);

#endif
