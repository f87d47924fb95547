// What a report says beside its metrics, out of the rows' raw columns, the training rows and the model
// itself.
#ifndef INGOT_TOOLS_CLI_JUDGE_JUDGED_PANELS_H
#define INGOT_TOOLS_CLI_JUDGE_JUDGED_PANELS_H

#include "engine/evaluate/evaluate.h"
#include "engine/evaluate/panels/panels.h"
#include "tools/cli/judge/models/judged_model.h"

// Metrics by slice, before the verdict. champion may be NULL. Columns and metrics are those of `config`.
Status judged_slices(Slices *slices, const JudgedModel *champion, const JudgedModel *challenger,
                     const Config *config, const GatesConfig *gates, Error *error);

// Every other panel that can be had: raw columns need the challenger's data, drift its training rows.
// champion and comparison may be NULL. `config` decides what is asked for.
Status judged_panels(Panels *panels, const JudgedModel *champion, const JudgedModel *challenger,
                     const Comparison *comparison, const Config *config, const GatesConfig *gates,
                     Error *error);

// Whether the judged rows are not older than the training rows. *known: there is a time column, and both have
// it.
Status judged_time_check(bool *known, bool *passed, const JudgedModel *judged, Error *error);

#endif
