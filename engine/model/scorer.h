// Scores of a trained model: a checkpoint's tensors and preprocessed rows in, probabilities or predictions
// out.
#ifndef INGOT_ENGINE_MODEL_SCORER_H
#define INGOT_ENGINE_MODEL_SCORER_H

#include "engine/model/model.h"

typedef struct Scorer Scorer;

// Takes the parameters out of `tensors` (copied). 65 where they do not make a model of this layout, 69 where
// memory is short. The device must outlive the scorer.
Status scorer_create(Scorer **scorer, const TensorSet *tensors, const InputLayout *layout, Task task,
                     Device *device, Error *error);

// scores [rows, K], batch: in the host's memory. Binary the probability of label 1, multiclass of each class,
// regression the standardised prediction (preprocess_target). The bits do not depend on how the rows are cut
// into calls. 170 where the device fails.
Status scorer_run(Scorer *scorer, float *scores, const Batch *batch, int64_t rows, Error *error);

void scorer_free(Scorer *scorer); // NULL is fine

#endif
