// What a trained model makes of its inputs, and how it was learned.
#ifndef INGOT_TOOLS_CLI_JUDGE_MODELS_JUDGED_INPUTS_H
#define INGOT_TOOLS_CLI_JUDGE_MODELS_JUDGED_INPUTS_H

#include "engine/evaluate/panels/panels.h"
#include "tools/cli/judge/models/judged_model.h"

// Importance and dependence of a model's inputs on its judged rows, with a cap on the rows that are scored
// again.
Status judged_inputs(Panels *panels, const JudgedModel *judged, double confidence, Error *error);

// The learning curve of the run that the model is of; nothing where it has none.
Status judged_learning(Learning *learning, const JudgedModel *judged, Error *error);

#endif
