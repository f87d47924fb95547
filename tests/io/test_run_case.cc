// The trainer in miniature, and what the tests of runs share.
#include "tests/io/run_case.h"

extern "C" {
#include "engine/train/chain.h"
}

MiniTrainer::MiniTrainer() {
  memset(chain, 0, sizeof chain);
  memset(data, 0, sizeof data);
}

void MiniTrainer::add(Event event) {
  event.step = step;
  memcpy(event.chain, chain, DIGEST_BYTES);
  pending.push_back(event);
}

Status MiniTrainer::flush(Error *error) {
  std::vector<Event> now;
  now.swap(pending);
  return now.empty() ? STATUS_OK : events.events(events.context, now.data(), (int)now.size(), error);
}

Status MiniTrainer::save(bool is_best, Error *error) {
  TensorSet model{}, optimizer{}, all{};
  int64_t three = 3, one = 1, digest = DIGEST_BYTES, length = (int64_t)bits.size();
  tensor_set_add(&model, "layers.0.weight", DTYPE_F32, 1, &three, weights.data());
  tensor_set_add(&optimizer, "momentum.layers.0.weight", DTYPE_F32, 1, &three, moments.data());
  tensor_set_add(&optimizer, "state.step", DTYPE_U64, 1, &one, &step);
  tensor_set_add(&optimizer, "state.best", DTYPE_F64, 1, &one, &best);
  tensor_set_add(&optimizer, "state.best_step", DTYPE_U64, 1, &one, &best_step);
  tensor_set_add(&optimizer, "state.chain", DTYPE_U8, 1, &digest, chain);
  tensor_set_add(&optimizer, "state.data", DTYPE_U8, 1, &digest, data);
  tensor_set_add(&optimizer, "state.config", DTYPE_U8, 1, &length, bits.data());
  tensor_set_add_all(&all, &model);
  tensor_set_add_all(&all, &optimizer);
  Snapshot snapshot{};
  snapshot.step = step;
  snapshot.epoch = epoch;
  snapshot.model = &model;
  snapshot.optimizer = &optimizer;
  snapshot.is_best = is_best;
  snapshot.best = best;
  snapshot.best_step = best_step;
  snapshot.is_final = step == total_steps;
  tensor_set_digest(snapshot.model_digest, &model);
  tensor_set_digest(snapshot.state_digest, &all);
  Event event{};
  event.kind = EVENT_CHECKPOINT;
  event.epoch = epoch;
  add(event);
  Status status = flush(error);
  if (status == STATUS_OK) status = checkpoints.save(checkpoints.context, &snapshot, error);
  tensor_set_free(&model);
  tensor_set_free(&optimizer);
  tensor_set_free(&all);
  return status;
}

Status MiniTrainer::restore(const TensorSet &tensors, Error *error) {
  struct {
    const char *name;
    void *to;
    size_t bytes;
  } parts[] = {{"layers.0.weight", weights.data(), 12},
               {"momentum.layers.0.weight", moments.data(), 12},
               {"state.step", &step, 8},
               {"state.best", &best, 8},
               {"state.best_step", &best_step, 8},
               {"state.chain", chain, DIGEST_BYTES}};
  for (auto &part : parts) {
    const TensorView *tensor = tensor_set_find(&tensors, part.name);
    if (tensor == nullptr || tensor_bytes(tensor) != part.bytes)
      return error_set(error, STATUS_DATA, "%s", part.name);
    memcpy(part.to, tensor->data, part.bytes);
  }
  epoch = step / epoch_steps;
  return STATUS_OK;
}

Status MiniTrainer::run(uint64_t until, Error *error) {
  Event end{};
  end.kind = EVENT_END;
  while (step < total_steps) {
    if (until != 0 && step >= until) {
      PASS(save(false, error));
      end.reason = "signal";
      end.epoch = epoch;
      add(end);
      return flush(error);
    }
    Event taken{};
    taken.kind = EVENT_STEP;
    taken.epoch = epoch;
    for (size_t i = 0; i < weights.size(); i++) {
      moments[i] = 0.9f * moments[i] + weights[i] * 0.1f;
      weights[i] -= moments[i] * 0.25f;
    }
    step++;
    epoch = step / epoch_steps;
    taken.loss = weights[0] * weights[0];
    taken.gradient_norm = weights[1] / 3.0f;
    chain_step(chain, step, taken.loss, taken.gradient_norm);
    add(taken);
    if (step % epoch_steps != 0) continue;
    Event validation{};
    validation.kind = EVENT_VALIDATION;
    validation.epoch = epoch - 1;
    validation.value = step == 8 ? 0.9 : 0.5 + (double)step / 1000.0; // the best is not the last
    validation.validation_loss = 0.1;
    validation.improved = !(best >= validation.value);
    if (validation.improved) best = validation.value, best_step = step;
    chain_validation(chain, step, validation.value);
    add(validation);
    PASS(flush(error));
    PASS(save(validation.improved, error));
  }
  end.reason = "epochs";
  end.epoch = epoch;
  add(end);
  return flush(error);
}

RunCase::RunCase() {
  memset(data, 0x5a, sizeof data);
  config.name = const_cast<char *>("small");
  config.goal = const_cast<char *>("a \"quoted\" goal\nin two lines, with \xc3\xbcmlaut");
  config.owner = const_cast<char *>("");
  config.numerics.id = const_cast<char *>("x1");
  config.select_metric = const_cast<char *>("auc");
  config.checkpoint.keep_last = 2;
  config.checkpoint.keep_best = 1;
  config.gates.has_primary = true;
  config.gates.primary.metric = const_cast<char *>("value"), config.gates.primary.rule = GATE_SUPERIOR;
  guardrail.metric = const_cast<char *>("auc"), guardrail.rule = GATE_NOT_WORSE, guardrail.margin = 0.01;
  config.gates.guardrails = &guardrail;
  config.gates.guardrail_count = 1;
  config.gates.confidence = 0.95;
  environment = {"0.1.0", "cpu", nullptr, "portable", 2, nullptr};
  inputs.files = &file;
  inputs.file_count = 1;
  inputs.rows = 100;
  inputs.part_rows[PART_TRAIN] = 70;
  inputs.part_rows[PART_VALIDATION] = 20;
  inputs.part_rows[PART_TEST] = 10;
}

static Status open_run(Run **run, MiniTrainer *trainer, RunCase &given, const std::string &path,
                       std::string *note, Error *error) {
  RunState state;
  PASS(run_state(&state, path.c_str(), given.config.bits_text, given.data, error));
  if (state == RUN_OTHER) return error->status;
  if (state == RUN_FINISHED) return STATUS_OK;
  if (state == RUN_ABSENT) return run_create(run, path.c_str(), &given.inputs, &given.environment, error);
  Checkpoint *checkpoint;
  char *text;
  PASS(run_resume(run, &checkpoint, &text, path.c_str(), &given.config, &given.environment, nullptr, error));
  if (note != nullptr && text != nullptr) *note = text;
  Status status = checkpoint == nullptr ? STATUS_OK : trainer->restore(checkpoint->tensors, error);
  checkpoint_free(checkpoint);
  free(text);
  return status;
}

Status train(RunCase &given, const std::string &path, uint64_t until, const FileCalls *calls, Error *error,
             std::string *note) {
  MiniTrainer trainer;
  Run *run = nullptr;
  given.config.bits_text = const_cast<char *>(given.bits.c_str());
  given.inputs.config = &given.config;
  given.inputs.config_text = given.config_text.c_str();
  trainer.bits = given.bits;
  memcpy(trainer.data, given.data, DIGEST_BYTES);
  memcpy(given.inputs.data_digest, given.data, DIGEST_BYTES);
  memset(given.inputs.origin_parameters, 3, DIGEST_BYTES);
  chain_start(given.inputs.origin_chain, "x1", given.bits.c_str(), given.data,
              given.inputs.origin_parameters);
  memcpy(trainer.chain, given.inputs.origin_chain, DIGEST_BYTES);
  Status status = open_run(&run, &trainer, given, path, note, error);
  if (status == STATUS_OK && run != nullptr) {
    if (calls != nullptr) run_use_calls(run, calls);
    trainer.events = run_events(run);
    trainer.checkpoints = run_checkpoints(run);
    status = trainer.run(until, error);
    if (status == STATUS_OK && trainer.step == MiniTrainer::total_steps)
      status = run_finish(run, "epochs", error);
  }
  run_close(run);
  return status;
}

std::string digests_of(const std::string &run) {
  Manifest *manifest;
  Error error{};
  if (manifest_read(&manifest, (run + "/manifest.json").c_str(), &error) != STATUS_OK) return error.text;
  std::string all = manifest->finished ? "" : "unfinished";
  for (const ManifestState *state : {&manifest->final, &manifest->selected}) {
    for (const uint8_t *digest : {state->model_digest, state->state_digest, state->chain}) {
      char hex[DIGEST_HEX];
      sha256_hex(hex, digest);
      all += std::to_string(state->step) + ":" + hex + " ";
    }
  }
  manifest_free(manifest);
  return all;
}
