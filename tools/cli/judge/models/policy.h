// The frozen policy of a model: when to act, chosen on the validation rows and kept beside the run.
#ifndef INGOT_TOOLS_CLI_JUDGE_MODELS_POLICY_H
#define INGOT_TOOLS_CLI_JUDGE_MODELS_POLICY_H

#include "engine/evaluate/evaluation_set.h"
#include "tools/cli/judge/models/trained_model.h"

// 78 where a run to be trained is asked for a threshold that only a finished run has stored.
Status policy_check_trainable(const Config *config, Error *error);

// Chooses the policy of a finished run's selected checkpoint on the validation rows of its data and writes
// <run>/policy.json. Without a business section there is nothing to choose (0).
Status policy_freeze(const char *run, Dataset *dataset, const Config *config, Error *error);

// Chooses as policy_freeze will, by a model that knows nothing, and lets it go, so that `ingot plan` measures
// it and finds a payoff that has no value on one of the rows.
Status policy_rehearse(Dataset *dataset, const Preprocess *preprocess, const Config *config, Device *device,
                       Error *error);

// The policy under a business section: the frozen one where it was chosen for this model and these
// definitions, else chosen now on the validation rows of the run's data (66 where these are gone). The policy
// {threshold: frozen} takes the one that is stored for this model, whatever it was chosen by (78 where there
// is none). Without a business section, and for other tasks than binary: act where the score is at least 0.5.
Status policy_of_model(Policy *policy, const TrainedModel *model, const BusinessConfig *business,
                       Error *error);

#endif
