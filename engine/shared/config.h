// The run configuration as the engine reads it: filled by io/config from YAML, every default applied.
//
// Strings are owned by the Config and never NULL ("" where absent). Keys are documented, with ranges and
// units, by the schema table in io/config and by configs/reference.yaml; here only what a reader of the
// engine needs. Whether a key is `bits` (decides the digest) or `free` is a column of that table.
#ifndef INGOT_ENGINE_SHARED_CONFIG_H
#define INGOT_ENGINE_SHARED_CONFIG_H

#include "kernels/product/fast.h"
#include "kernels/shared/activation.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct TextList {
  char **items;
  int count;
} TextList;

typedef enum Task { TASK_BINARY, TASK_MULTICLASS, TASK_REGRESSION } Task;
typedef enum InputKind { INPUT_NUMERIC, INPUT_CATEGORY } InputKind;
typedef enum MissingRule { MISSING_ERROR, MISSING_MEAN, MISSING_MEAN_FLAG } MissingRule;
typedef enum ScaleRule { SCALE_NONE, SCALE_STANDARD } ScaleRule;
typedef enum SplitRule { SPLIT_HASH, SPLIT_FILE, SPLIT_ORDER } SplitRule;
typedef enum OrderRule { ORDER_FULL, ORDER_BLOCKS } OrderRule;
typedef enum ModelKind { MODEL_MLP, MODEL_LINEAR } ModelKind;
typedef enum NormKind { NORM_NONE, NORM_LAYER } NormKind;
typedef enum OptimizerKind { OPTIMIZER_ADAMW, OPTIMIZER_SGD } OptimizerKind;
typedef enum ScheduleKind { SCHEDULE_CONSTANT, SCHEDULE_COSINE } ScheduleKind;
typedef enum Residency { RESIDENCY_AUTO, RESIDENCY_MEMORY, RESIDENCY_STREAM } Residency;
typedef enum SplitPart { PART_TRAIN, PART_VALIDATION, PART_TEST, PART_COUNT } SplitPart;

// One input as written: `column: x` or `columns: [x, y]`, which stands for one input each, in order.
typedef struct InputConfig {
  TextList columns;
  InputKind kind;
  MissingRule missing; // numeric only; default mean+flag (the flag only where training rows miss values)
  ScaleRule scale;     // numeric only
  int embed;           // category only: width of the embedding, 1..256; 0 = auto, from the dictionary
  int64_t min_count;   // category only: rarer values in the training split share the unknown id
} InputConfig;

typedef struct NumericsConfig {
  char *id;             // "x1", or "f1": fast mode
  int grain;            // rows whose gradient sums are one addend of R3
  int fraction_bits;    // f of R3
  FastOperands product; // f1: how operands of products are rounded
} NumericsConfig;

// Whether the numerics are those of fast mode.
bool numerics_are_fast(const NumericsConfig *numerics);

typedef struct SplitConfig {
  SplitRule by;
  char *key; // hash: the column hashed; "" = the row number
  char *salt;
  double fractions[PART_COUNT]; // as written, at most 15 decimals, so that the binary64 tells them apart
  uint64_t bounds[2]; // u < bounds[0] is train, u < bounds[1] validation, else test (2^64 saturates)
  int64_t units[2];   // the same cumulative fractions in units of 1e-15, for parts by order
  bool has_test;      // hash, order: a test part exists (its fraction > 0); by file: data.test_file is given
} SplitConfig;

typedef struct TargetConfig {
  char *column;
  Task task;
  char *positive; // binary: the label text (or number) that counts as 1
} TargetConfig;

typedef struct DataConfig {
  char *file;      // absolute or relative to the working directory: resolved against the config's folder
  char *test_file; // split by file: the test rows; "" = none
  OrderRule order;
  int64_t block_rows, block_window; // order: blocks
  SplitConfig split;
  TargetConfig target;
  char *weight; // column of sample weights; "" = all 1
  bool inputs_auto;
  TextList except; // inputs: auto leaves these out (the target, weight and split key always are)
  InputConfig *inputs;
  int input_count;
} DataConfig;

typedef struct ModelConfig {
  ModelKind kind;
  int *hidden; // widths of the hidden layers; none for linear
  int hidden_count;
  ActivationKind activation;
  NormKind norm;
  double dropout; // 0 <= p < 1
} ModelConfig;

typedef struct OptimizerConfig {
  OptimizerKind kind;
  double learning_rate, weight_decay;
  double beta1, beta2, epsilon; // adamw
  double momentum;              // sgd
} OptimizerConfig;

typedef struct ScheduleConfig {
  ScheduleKind kind;
  int64_t warmup_steps;  // linear from 0 exclusive: step t < warmup uses (t + 1) / warmup
  double final_fraction; // cosine ends at learning_rate * final_fraction
} ScheduleConfig;

enum { MICRO_BATCH_AUTO = 0, MICRO_BATCH_ALL = -1 };

typedef struct TrainConfig {
  int64_t batch;
  int64_t micro_batch; // rows, a multiple of the grain, or MICRO_BATCH_AUTO, MICRO_BATCH_ALL
  int64_t epochs;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  double clip_norm;        // 0 = no clipping
  int64_t patience_epochs; // early stopping; 0 = none
} TrainConfig;

typedef struct CheckpointConfig {
  int64_t every_epochs, every_steps; // one of them (or minutes) is set; epochs: 1 by default
  double every_minutes;
  int keep_last, keep_best;
} CheckpointConfig;

typedef struct MachineConfig { // every key free: changes time, never bits
  char *device;                // auto, cpu, cuda, cuda:N
  int threads;                 // 0 = auto: the cores this process may use
  char *isa;                   // auto, portable, avx2, avx512
  Residency residency;
} MachineConfig;

typedef struct Parameter {
  char *name;
  double value, low, high; // low = high = value where no range is given
  char *unit;              // "", "rate", or the business's unit
} Parameter;

typedef enum PolicyKind {
  POLICY_BEST_ON_VALIDATION,
  POLICY_THRESHOLD,
  POLICY_EXPECTED_GAIN,
  POLICY_CAPACITY, // the best-scored rows, as many as the capacity allows
  POLICY_FROZEN    // the threshold that the run has stored, whatever it was chosen by
} PolicyKind;

// How much can be acted on: one of the three numbers is set, or none.
typedef struct CapacityConfig {
  int64_t rows;    // of the rows judged; 0 = not given
  double fraction; // of them; 0 = not given
  double budget;   // in business.unit, spent by `cost`; 0 = not given
  char *cost;      // expression of what acting on a row costs; "" without a budget
} CapacityConfig;

typedef struct CostMatrix {
  double tp, fp, fn, tn;
} CostMatrix;

// Costs of decisions by (truth, decision), named by their classes.
typedef struct Cost {
  char *truth, *decision;
  double amount;
} Cost;

typedef struct CostList {
  Cost *items;
  int count;
} CostList;

typedef struct BusinessConfig {
  bool present;
  char *unit, *horizon;
  double population_rows; // 0 = not scaled
  char *population_per;
  Parameter *params;
  int param_count;
  char *act, *skip;  // payoff expressions; a cost matrix was already turned into them
  bool has_matrix;   // the cost matrix as written: what each outcome of acting (tp, fp) and of
  CostMatrix matrix; // skipping (fn, tn) is worth
  CostList costs;    // multiclass: instead of act and skip
  CapacityConfig capacity;
  PolicyKind policy;
  double threshold; // POLICY_THRESHOLD
} BusinessConfig;

typedef enum GateRule {
  GATE_SUPERIOR,
  GATE_NOT_WORSE,
  GATE_AT_LEAST,
  GATE_AT_MOST,
  GATE_SUSPICIOUS,
  GATE_DETECT_HARM, // of a slice: margin 0
  GATE_PROVE_SAFE,  // of a slice
  GATE_RULE_COUNT
} GateRule;

extern const char *const gate_rule_names[GATE_RULE_COUNT]; // as in configurations and reports

typedef struct Gate {
  char *metric;
  GateRule rule;
  double margin; // in the metric's unit, or a fraction of the champion's metric where `relative`
  bool relative; // superior, not_worse, suspicious
  char *slice;   // guardrails: the column whose groups are judged; "" or NULL: all rows
} Gate;

typedef struct FairnessConfig {
  bool present;
  char *column;
  int64_t min_rows; // smaller groups are "not enough data"
} FairnessConfig;

typedef struct GatesConfig {
  bool has_primary;
  Gate primary;
  Gate *guardrails;
  int guardrail_count;
  double confidence;
  char *ledger; // file of the decisions that this evaluation set supported; "" = none
} GatesConfig;

typedef struct BootstrapConfig {
  int replicates; // at first; doubled up to 16,000 where a gate hangs on them
  uint64_t seed;
} BootstrapConfig;

typedef struct CardConfig { // what the report's model card says beside goal and owner; "" = nothing
  char *intended_use, *limits;
} CardConfig;

typedef struct Config {
  char *path; // the file read, for messages; "" for a resolved copy
  char *name, *goal, *owner;
  CardConfig card;
  uint64_t seed;
  NumericsConfig numerics;
  DataConfig data;
  ModelConfig model;
  TrainConfig train;
  char *select_metric; // early stopping and best checkpoint, on the part select_on
  SplitPart select_on; // PART_VALIDATION
  CheckpointConfig checkpoint;
  int64_t log_every_steps;
  MachineConfig machine;
  TextList evaluate_metrics, evaluate_slices;
  char *evaluate_time; // column of time; "" = none
  FairnessConfig evaluate_fairness;
  BootstrapConfig evaluate_bootstrap;
  char *evaluate_cluster; // column whose rows are kept or dropped together; "" = rows are independent
  BusinessConfig business;
  GatesConfig gates;
  char *bits_text; // sorted lines `key=value\n` of all bits keys: part of every state digest
} Config;

// Whether a rule is about the difference of two models, so that its margin may be relative.
bool gate_rule_is_relative(GateRule rule);
bool gate_rule_is_of_slice(GateRule rule);

void config_free(Config *config); // NULL is fine
void text_list_add(TextList *list, const char *text);
int text_list_find(const TextList *list, const char *text); // -1 if absent
void text_list_free(TextList *list);
void cost_list_free(CostList *list);
void input_config_free(InputConfig *inputs, int count); // the items and the array

#endif
