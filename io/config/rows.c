// The table of configuration keys, in the order in which they are written.
#include "io/config/schema.h"

#define AT(field) offsetof(Config, field)
#define OF(type, field) offsetof(type, field)
#define NEVER ((size_t)-1)

_Static_assert(AT(model.hidden_count) == AT(model.hidden) + sizeof(void *), "KEY_INTS: pointer, then count");
_Static_assert(AT(data.input_count) == AT(data.inputs) + sizeof(void *), "KEY_ITEMS: pointer, then count");
_Static_assert(AT(gates.guardrail_count) == AT(gates.guardrails) + sizeof(void *), "pointer, then count");
_Static_assert(AT(business.param_count) == AT(business.params) + sizeof(void *), "pointer, then count");
_Static_assert(OF(Parameter, name) == 0, "KEY_NAMED: the name first");

static const KeyWord numerics_ids[] = {{"x1", 0}, {"f1", 0}, {NULL, 0}};
static const KeyWord fast_operands[] = {{"tf32", FAST_TF32}, {"bf16", FAST_BF16}, {NULL, 0}};
static const KeyWord orders[] = {{"full", ORDER_FULL}, {"blocks", ORDER_BLOCKS}, {NULL, 0}};
static const KeyWord split_rules[] = {
    {"hash", SPLIT_HASH}, {"file", SPLIT_FILE}, {"order", SPLIT_ORDER}, {NULL, 0}};
static const KeyWord tasks[] = {
    {"binary", TASK_BINARY}, {"multiclass", TASK_MULTICLASS}, {"regression", TASK_REGRESSION}, {NULL, 0}};
static const KeyWord input_kinds[] = {{"numeric", INPUT_NUMERIC}, {"category", INPUT_CATEGORY}, {NULL, 0}};
static const KeyWord missing_rules[] = {
    {"error", MISSING_ERROR}, {"mean", MISSING_MEAN}, {"mean+flag", MISSING_MEAN_FLAG}, {NULL, 0}};
static const KeyWord scale_rules[] = {{"none", SCALE_NONE}, {"standard", SCALE_STANDARD}, {NULL, 0}};
static const KeyWord automatic[] = {{"auto", 0}, {NULL, 0}};
static const KeyWord model_kinds[] = {{"mlp", MODEL_MLP}, {"linear", MODEL_LINEAR}, {NULL, 0}};
static const KeyWord activations[] = {{"relu", ACTIVATION_RELU},
                                      {"gelu", ACTIVATION_GELU},
                                      {"silu", ACTIVATION_SILU},
                                      {"tanh", ACTIVATION_TANH},
                                      {NULL, 0}};
static const KeyWord norms[] = {{"none", NORM_NONE}, {"layer", NORM_LAYER}, {NULL, 0}};
static const KeyWord optimizers[] = {{"adamw", OPTIMIZER_ADAMW}, {"sgd", OPTIMIZER_SGD}, {NULL, 0}};
static const KeyWord schedules[] = {{"constant", SCHEDULE_CONSTANT}, {"cosine", SCHEDULE_COSINE}, {NULL, 0}};
static const KeyWord micro_batches[] = {{"auto", MICRO_BATCH_AUTO}, {"all", MICRO_BATCH_ALL}, {NULL, 0}};
static const KeyWord parts[] = {{"validation", PART_VALIDATION}, {NULL, 0}};
static const KeyWord isas[] = {{"auto", 0}, {"portable", 0}, {"avx2", 0}, {"avx512", 0}, {NULL, 0}};
static const KeyWord residencies[] = {
    {"auto", RESIDENCY_AUTO}, {"memory", RESIDENCY_MEMORY}, {"stream", RESIDENCY_STREAM}, {NULL, 0}};
static const KeyWord policies[] = {{"threshold", POLICY_THRESHOLD},
                                   {"expected_gain", POLICY_EXPECTED_GAIN},
                                   {"capacity", POLICY_CAPACITY},
                                   {NULL, 0}};
static const KeyWord thresholds[] = {
    {"best_on_validation", THRESHOLD_BEST}, {"frozen", THRESHOLD_FROZEN}, {NULL, 0}};
static const KeyWord yes[] = {{"true", 0}, {NULL, 0}};

// clang-format off
#define RULE_ROW(PATH, BASE, RULE, RANGE, EXAMPLE, HELP)                                                    \
    {PATH, KEY_RULE, KEY_FREE, NEED_RULE, BASE, NULL, RANGE, "", .help = HELP, .example = EXAMPLE, .rule = RULE}

#define GATE_ROWS(PREFIX, BASE, METRIC)                                                                     \
    {PREFIX "metric", KEY_METRIC, KEY_FREE, NEED_GIVEN, (BASE) + OF(Gate, metric), NULL, "", "",            \
     .help = "What is compared with the champion: value (money, see business) or a metric of the task.",    \
     .example = METRIC},                                                                                    \
    RULE_ROW(PREFIX "superior", BASE, GATE_SUPERIOR, "[0, inf)", "0",                                       \
             "Passes where the interval of the gain lies above this."),                                     \
    RULE_ROW(PREFIX "not_worse", BASE, GATE_NOT_WORSE, "(0, inf)", "0.01",                                  \
             "Or: passes where the interval excludes a loss of this size."),                                \
    RULE_ROW(PREFIX "at_least", BASE, GATE_AT_LEAST, "", "0.8",                                             \
             "Or: passes where the metric itself is surely at least this."),                                \
    RULE_ROW(PREFIX "at_most", BASE, GATE_AT_MOST, "", "0.5",                                               \
             "Or: passes where the metric itself is surely at most this."),                                 \
    RULE_ROW(PREFIX "suspicious", BASE, GATE_SUSPICIOUS, "(0, inf)", "0.2",                                 \
             "Or: fails where the gain is surely more than this: too good, look for leakage.")

const KeyRow key_rows[] = {
    {"name", KEY_TEXT, KEY_FREE, NEED_GIVEN, AT(name), NULL, "", "",
     .help = "Name of the run and of its folder: letters, digits, `.`, `_`, `-`.", .example = "churn"},
    {"goal", KEY_TEXT, KEY_FREE, NEED_DEFAULT, AT(goal), "\"\"", "", "",
     .help = "The claim to be tested, in a sentence; it heads the report.",
     .example = "\"Contacting likely churners with the offer is worth more than it costs\""},
    {"owner", KEY_TEXT, KEY_FREE, NEED_DEFAULT, AT(owner), "\"\"", "", "", .help = "Who answers for the model.",
     .example = "retention team"},
    {"card", KEY_SECTION, .help = "What the report's model card says beside goal and owner."},
    {"card.intended_use", KEY_TEXT, KEY_FREE, NEED_DEFAULT, AT(card.intended_use), "\"\"", "", "",
     .help = "What the model is for, in a sentence.", .example = "\"Monthly choice of the customers who receive the offer\""},
    {"card.limits", KEY_TEXT, KEY_FREE, NEED_DEFAULT, AT(card.limits), "\"\"", "", "",
     .help = "What it is not for, in a sentence.", .example = "\"Not for prices; not for customers of the first month\""},
    {"seed", KEY_SEED, KEY_BITS, NEED_DEFAULT, AT(seed), "0", "[0, 18446744073709551615]", "",
     .help = "Decides initial weights, order of rows and dropout. The split does not depend on it."},

    {"numerics", KEY_SECTION, .help = "The arithmetic: x1, the same bits on every machine, or f1, fast on one model of GPU."},
    {"numerics.id", KEY_WORD, KEY_BITS, NEED_DEFAULT, AT(numerics.id), "x1", "", "",
     .help = "Which rules of arithmetic; part of every digest. f1 is the fast mode: GPUs with cuBLASLt only.",
     .words = numerics_ids},
    {"numerics.product", KEY_CHOICE, KEY_BITS, NEED_DEFAULT, AT(numerics.product), "tf32", "", "",
     .help = "What operands of products are rounded to: 11 (tf32) or 8 (bf16) significant bits.",
     .words = fast_operands, .when = "numerics.id=f1"},
    {"numerics.grain", KEY_INT, KEY_BITS, NEED_DEFAULT, AT(numerics.grain), "256", "[1, 65536]", "rows",
     .help = "Rows whose gradients are added as one term of the exact sum; smaller lets more workers share a batch."},
    {"numerics.fraction_bits", KEY_INT, KEY_BITS, NEED_DEFAULT, AT(numerics.fraction_bits), "40", "[8, 56]",
     "bits", .help = "Bits after the point of exact sums; lower it where a step reports an addend outside its bound."},

    {"data", KEY_SECTION, .help = "Which rows and columns."},
    {"data.file", KEY_PATH, KEY_FREE, NEED_GIVEN, AT(data.file), NULL, "", "",
     .help = "HDF5 file of the rows, relative to this config's folder.", .example = "../data/telco.h5"},
    {"data.test_file", KEY_PATH, KEY_FREE, NEED_GIVEN, AT(data.test_file), NULL, "", "",
     .help = "HDF5 file of the test rows.", .when = "data.split.by=file", .example = "../data/telco_test.h5"},
    {"data.order", KEY_CHOICE, KEY_BITS, NEED_DEFAULT, AT(data.order), "full", "", "",
     .help = "Order in which an epoch visits the rows: shuffled wholly, or in blocks for data larger than memory.",
     .words = orders},
    {"data.order.blocks", KEY_SECTION, .help = "Where order is blocks.", .when = "data.order=blocks"},
    {"data.order.blocks.rows", KEY_INT64, KEY_BITS, NEED_DEFAULT, AT(data.block_rows), "256",
     "[1, 16777216]", "rows", .help = "Consecutive rows that are read together.", .when = "data.order=blocks"},
    {"data.order.blocks.window", KEY_INT64, KEY_BITS, NEED_DEFAULT, AT(data.block_window), "256",
     "[1, 1048576]", "blocks", .help = "Blocks whose rows are shuffled together.", .when = "data.order=blocks"},
    {"data.split", KEY_SECTION, .help = "Which rows train, validate and test."},
    {"data.split.by", KEY_CHOICE, KEY_BITS, NEED_DEFAULT, AT(data.split.by), "hash", "", "",
     .help = "hash: parts by a hash of the key. file: data.test_file is the test part, the hash splits data.file. "
             "order: the first rows train, the next validate, the last test.",
     .words = split_rules},
    {"data.split.key", KEY_COLUMN, KEY_BITS, NEED_DEFAULT, AT(data.split.key), "\"\"", "", "",
     .help = "Column that is hashed, so that rows of one key share a part; \"\": the row number.",
     .example = "customerID"},
    {"data.split.salt", KEY_TEXT, KEY_BITS, NEED_DEFAULT, AT(data.split.salt), "\"\"", "", "",
     .help = "Hashed before the key: another salt, another split."},
    {"data.split.train", KEY_FRACTION, KEY_BITS, NEED_RULE, AT(data.split.fractions[PART_TRAIN]),
     "0.7 (by file 0.85), or 0 where other parts are given", "(0, 1]", "",
     .help = "Fraction of the rows; the parts sum to exactly 1.", .example = "0.7"},
    {"data.split.validation", KEY_FRACTION, KEY_BITS, NEED_RULE, AT(data.split.fractions[PART_VALIDATION]),
     "0.15, or 0 where other parts are given", "(0, 1)", "",
     .help = "Fraction for early stopping, the best checkpoint and the threshold.", .example = "0.15"},
    {"data.split.test", KEY_FRACTION, KEY_BITS, NEED_RULE, AT(data.split.fractions[PART_TEST]),
     "0.15, or 0 where other parts are given", "[0, 1)", "", .help = "Fraction that only evaluation reads.",
     .when = "data.split.by=hash|order", .example = "0.15"},
    {"data.target", KEY_SECTION, .help = "What is predicted."},
    {"data.target.column", KEY_COLUMN, KEY_BITS, NEED_GIVEN, AT(data.target.column), NULL, "", "",
     .help = "The column to predict.", .example = "Churn"},
    {"data.target.task", KEY_CHOICE, KEY_BITS, NEED_GIVEN, AT(data.target.task), NULL, "", "",
     .help = "Kind of the target.", .words = tasks, .example = "binary"},
    {"data.target.positive", KEY_TEXT, KEY_BITS, NEED_GIVEN, AT(data.target.positive), NULL, "", "",
     .help = "The label (text or number) that counts as 1.", .when = "data.target.task=binary", .example = "\"Yes\""},
    {"data.weight", KEY_COLUMN, KEY_BITS, NEED_DEFAULT, AT(data.weight), "\"\"", "", "",
     .help = "Column of sample weights; \"\": every row counts 1."},
    {"data.inputs", KEY_ITEMS, KEY_BITS, NEED_DEFAULT, AT(data.inputs), "auto", "", "",
     .help = "auto: every column but the target, the weight, the split key and `except`; or a list of inputs.",
     .words = automatic, .item_size = sizeof(InputConfig), .flag = AT(data.inputs_auto)},
    {"data.inputs[].column", KEY_ONE, KEY_BITS, NEED_RULE, OF(InputConfig, columns), NULL, "", "",
     .help = "The column read.", .example = "tenure"},
    {"data.inputs[].columns", KEY_COLUMNS, KEY_BITS, NEED_RULE, OF(InputConfig, columns), NULL, "", "",
     .help = "Or several columns, each an input of its own with the same settings, in this order.",
     .example = "[Contract, PaymentMethod]"},
    {"data.inputs[].as", KEY_CHOICE, KEY_BITS, NEED_GIVEN, OF(InputConfig, kind), NULL, "", "",
     .help = "numeric: a value. category: an embedding.", .words = input_kinds, .example = "numeric"},
    {"data.inputs[].missing", KEY_CHOICE, KEY_BITS, NEED_DEFAULT, OF(InputConfig, missing), "mean+flag", "", "",
     .help = "Missing values: an error; the training mean; the mean and a 0/1 input where training rows miss any.",
     .words = missing_rules, .when = "data.inputs[].as=numeric"},
    {"data.inputs[].scale", KEY_CHOICE, KEY_BITS, NEED_DEFAULT, OF(InputConfig, scale), "standard", "", "",
     .help = "standard: minus the training mean, divided by the training standard deviation.",
     .words = scale_rules, .when = "data.inputs[].as=numeric"},
    {"data.inputs[].embed", KEY_INT, KEY_BITS, NEED_DEFAULT, OF(InputConfig, embed), "auto", "[1, 256]",
     "values", .help = "Width of the embedding; auto: from the number of categories.", .words = automatic,
     .when = "data.inputs[].as=category"},
    {"data.inputs[].min_count", KEY_INT64, KEY_BITS, NEED_DEFAULT, OF(InputConfig, min_count), "1",
     "[1, 1000000000]", "rows", .help = "Categories rarer than this in the training rows share the unknown id.",
     .when = "data.inputs[].as=category"},
    {"data.except", KEY_COLUMNS, KEY_BITS, NEED_DEFAULT, AT(data.except), "[]", "", "",
     .help = "Columns that auto leaves out.", .when = "data.inputs=auto", .example = "[customerID]"},

    {"model", KEY_SECTION, .help = "The network."},
    {"model.kind", KEY_CHOICE, KEY_BITS, NEED_DEFAULT, AT(model.kind), "mlp", "", "",
     .help = "mlp: hidden layers. linear: none, the baseline.", .words = model_kinds},
    {"model.hidden", KEY_INTS, KEY_BITS, NEED_DEFAULT, AT(model.hidden), "[128, 128]", "[1, 65536]", "units",
     .help = "Widths of the hidden layers, at most 64.", .when = "model.kind=mlp"},
    {"model.activation", KEY_CHOICE, KEY_BITS, NEED_DEFAULT, AT(model.activation), "relu", "", "",
     .help = "After each hidden layer. gelu, silu and tanh take time, and memory for what they are applied to.", .words = activations, .when = "model.kind=mlp"},
    {"model.norm", KEY_CHOICE, KEY_BITS, NEED_DEFAULT, AT(model.norm), "none", "", "",
     .help = "Normalisation between a hidden layer and its activation.", .words = norms, .when = "model.kind=mlp"},
    {"model.dropout", KEY_NUMBER, KEY_BITS, NEED_DEFAULT, AT(model.dropout), "0", "[0, 1)", "",
     .help = "Probability that training drops a hidden unit.", .when = "model.kind=mlp"},

    {"train", KEY_SECTION, .help = "How it learns."},
    {"train.batch", KEY_INT64, KEY_BITS, NEED_DEFAULT, AT(train.batch), "1024", "[1, 4194304]", "rows",
     .help = "Rows of one optimizer step; the last batch of an epoch is what remains."},
    {"train.micro_batch", KEY_INT64, KEY_FREE, NEED_DEFAULT, AT(train.micro_batch), "auto", "[1, 4194304]",
     "rows", .help = "Rows in work at a time, whole grains: changes memory, and bits with numerics f1 only. all: the batch.",
     .words = micro_batches, .bits_when = "numerics.id=f1"},
    {"train.epochs", KEY_INT64, KEY_BITS, NEED_DEFAULT, AT(train.epochs), "30", "[1, 1000000]", "epochs",
     .help = "Passes over the training rows."},
    {"train.optimizer", KEY_SECTION, .help = "The rule of one step."},
    {"train.optimizer.kind", KEY_CHOICE, KEY_BITS, NEED_DEFAULT, AT(train.optimizer.kind), "adamw", "", "",
     .help = "AdamW, or stochastic gradient descent with momentum.", .words = optimizers},
    {"train.optimizer.learning_rate", KEY_NUMBER, KEY_BITS, NEED_DEFAULT, AT(train.optimizer.learning_rate),
     "0.001", "[1e-30, 1000]", "", .help = "Highest learning rate of the schedule."},
    {"train.optimizer.weight_decay", KEY_NUMBER, KEY_BITS, NEED_DEFAULT, AT(train.optimizer.weight_decay), "0",
     "[0, 1000]", "", .help = "Decay of weights and embeddings; biases and norms never decay."},
    {"train.optimizer.beta1", KEY_NUMBER, KEY_BITS, NEED_DEFAULT, AT(train.optimizer.beta1), "0.9", "[0, 1)",
     "", .help = "Memory of the first moment.", .when = "train.optimizer.kind=adamw"},
    {"train.optimizer.beta2", KEY_NUMBER, KEY_BITS, NEED_DEFAULT, AT(train.optimizer.beta2), "0.999",
     "[0, 1)", "", .help = "Memory of the second moment.", .when = "train.optimizer.kind=adamw"},
    {"train.optimizer.epsilon", KEY_NUMBER, KEY_BITS, NEED_DEFAULT, AT(train.optimizer.epsilon), "1e-08",
     "[1e-30, 1]", "", .help = "Added to the root of the second moment.", .when = "train.optimizer.kind=adamw"},
    {"train.optimizer.momentum", KEY_NUMBER, KEY_BITS, NEED_DEFAULT, AT(train.optimizer.momentum), "0.9",
     "[0, 1)", "", .help = "Memory of the step.", .when = "train.optimizer.kind=sgd"},
    {"train.schedule", KEY_SECTION, .help = "The learning rate over the steps."},
    {"train.schedule.kind", KEY_CHOICE, KEY_BITS, NEED_DEFAULT, AT(train.schedule.kind), "constant", "", "",
     .help = "After the warm-up.", .words = schedules},
    {"train.schedule.warmup_steps", KEY_INT64, KEY_BITS, NEED_DEFAULT, AT(train.schedule.warmup_steps), "0",
     "[0, 2147483647]", "steps", .help = "Steps of linear growth from 0."},
    {"train.schedule.final_fraction", KEY_NUMBER, KEY_BITS, NEED_DEFAULT, AT(train.schedule.final_fraction),
     "0", "[0, 1]", "", .help = "Fraction of learning_rate that the cosine ends at.",
     .when = "train.schedule.kind=cosine"},
    {"train.clip_norm", KEY_NUMBER, KEY_BITS, NEED_DEFAULT, AT(train.clip_norm), "0", "[0, 1e+30]", "",
     .help = "Longest gradient; a longer one is scaled down. 0: never."},
    {"train.early_stop", KEY_SECTION, .help = "Ends before the last epoch."},
    {"train.early_stop.patience_epochs", KEY_INT64, KEY_BITS, NEED_DEFAULT, AT(train.patience_epochs), "0",
     "[0, 1000000]", "epochs", .help = "Ends after so many epochs without a better select.metric. 0: never."},

    {"select", KEY_SECTION, .help = "Which checkpoint is the best one: early stopping, and what is evaluated."},
    {"select.metric", KEY_METRIC, KEY_BITS, NEED_RULE, AT(select_metric), "log_loss, for regression rmse", "",
     "", .help = "Metric of the task; not `value`, which depends on a threshold.", .example = "auc"},
    {"select.on", KEY_CHOICE, KEY_BITS, NEED_DEFAULT, AT(select_on), "validation", "", "",
     .help = "The part it is computed on.", .words = parts},

    {"checkpoint", KEY_SECTION, .help = "When the state is saved and what is kept."},
    {"checkpoint.every", KEY_SECTION, .help = "One of epochs, steps and minutes."},
    {"checkpoint.every.epochs", KEY_INT64, KEY_FREE, NEED_UNSET, AT(checkpoint.every_epochs),
     "1 where no other is given", "[1, 1000000]", "epochs", .help = "Saves after every so many epochs.",
     .example = "1"},
    {"checkpoint.every.steps", KEY_INT64, KEY_FREE, NEED_UNSET, AT(checkpoint.every_steps), "not used",
     "[1, 4294967295]", "steps", .help = "Or after so many steps.", .example = "1000"},
    {"checkpoint.every.minutes", KEY_NUMBER, KEY_FREE, NEED_UNSET, AT(checkpoint.every_minutes), "not used",
     "(0, 1000000]", "minutes", .help = "Or after so much time.", .example = "10"},
    {"checkpoint.keep", KEY_SECTION, .help = "Older checkpoints are removed."},
    {"checkpoint.keep.last", KEY_INT, KEY_FREE, NEED_DEFAULT, AT(checkpoint.keep_last), "2", "[2, 1000000]",
     "checkpoints", .help = "The newest ones; two at least, so that a damaged one costs little."},
    {"checkpoint.keep.best", KEY_INT, KEY_FREE, NEED_DEFAULT, AT(checkpoint.keep_best), "1", "[0, 1]",
     "checkpoints", .help = "The best one by select.metric."},

    {"log", KEY_SECTION, .help = "events.jsonl."},
    {"log.every_steps", KEY_INT64, KEY_FREE, NEED_DEFAULT, AT(log_every_steps), "50", "[1, 4294967295]",
     "steps", .help = "Steps between two lines of the log."},

    {"machine", KEY_SECTION, .help = "Changes time and memory, never bits."},
    {"machine.device", KEY_TEXT, KEY_FREE, NEED_DEFAULT, AT(machine.device), "auto", "", "",
     .help = "auto (a GPU where one can be used, else the CPU), cpu, cuda (the first GPU) or cuda:N.", .example = "cuda:0"},
    {"machine.threads", KEY_INT, KEY_FREE, NEED_DEFAULT, AT(machine.threads), "auto", "[1, 256]", "threads",
     .help = "auto: the cores this process may use.", .words = automatic},
    {"machine.isa", KEY_WORD, KEY_FREE, NEED_DEFAULT, AT(machine.isa), "auto", "", "",
     .help = "Instruction set of the CPU operators; auto: the best one present.", .words = isas},
    {"machine.residency", KEY_CHOICE, KEY_FREE, NEED_DEFAULT, AT(machine.residency), "auto", "", "",
     .help = "Rows in memory, or streamed from the file; auto: memory where they fit.", .words = residencies},

    {"evaluate", KEY_SECTION, .help = "What the report shows."},
    {"evaluate.metrics", KEY_METRICS, KEY_FREE, NEED_RULE, AT(evaluate_metrics),
     "every metric of the task but value", "", "", .help = "Metrics of the task.", .example = "[log_loss, auc, brier]"},
    {"evaluate.slices", KEY_COLUMNS, KEY_FREE, NEED_DEFAULT, AT(evaluate_slices), "[]", "", "",
     .help = "Columns by whose values (numbers: quartiles) the report tells who gains and who loses; harm shown in "
             "one of them is HOLD.", .example = "[Contract]"},
    {"evaluate.bootstrap", KEY_SECTION, .help = "Resampling of the rows, for intervals that have no formula."},
    {"evaluate.bootstrap.replicates", KEY_INT, KEY_FREE, NEED_DEFAULT, AT(evaluate_bootstrap.replicates), "2000",
     "[200, 16000]", "", .help = "Resamples; doubled up to 16000 where a gate hangs on which they are."},
    {"evaluate.bootstrap.seed", KEY_SEED, KEY_FREE, NEED_DEFAULT, AT(evaluate_bootstrap.seed), "20",
     "[0, 18446744073709551615]", "", .help = "Key of the random numbers: the same seed and row ids give the same resamples."},
    {"evaluate.cluster", KEY_COLUMN, KEY_FREE, NEED_DEFAULT, AT(evaluate_cluster), "\"\"", "", "",
     .help = "Column of what hangs together (a customer with several rows): every interval allows for it; \"\": rows are independent.",
     .example = "customerID"},
    {"evaluate.time", KEY_COLUMN, KEY_FREE, NEED_DEFAULT, AT(evaluate_time), "\"\"", "", "",
     .help = "Column of time (numbers, or texts that sort by it): the period judged, value over time; with dates YYYY-MM-DD how long missing labels take.",
     .example = "signup_date"},
    {"evaluate.fairness", KEY_OPTIONAL, KEY_FREE, NEED_DEFAULT, AT(evaluate_fairness.present),
     .help = "Rates of decisions by group (binary targets); absent: not reported."},
    {"evaluate.fairness.column", KEY_COLUMN, KEY_FREE, NEED_GIVEN, AT(evaluate_fairness.column), NULL, "", "",
     .help = "The column of the groups.", .example = "gender"},
    {"evaluate.fairness.min_rows", KEY_INT64, KEY_FREE, NEED_DEFAULT, AT(evaluate_fairness.min_rows), "100",
     "[1, 1000000000]", "rows", .help = "Smaller groups are reported as not enough data."},

    {"business", KEY_OPTIONAL, KEY_FREE, NEED_DEFAULT, AT(business.present),
     .help = "What a decision is worth, per row; absent: no money in the report."},
    {"business.unit", KEY_TEXT, KEY_FREE, NEED_GIVEN, AT(business.unit), NULL, "", "",
     .help = "Unit of every amount.", .example = "USD"},
    {"business.horizon", KEY_TEXT, KEY_FREE, NEED_DEFAULT, AT(business.horizon), "\"\"", "", "",
     .help = "Time over which the amounts accrue.", .example = "one year"},
    {"business.population", KEY_SECTION, .help = "Scale of the report's yearly (or other) totals."},
    {"business.population.rows", KEY_NUMBER, KEY_FREE, NEED_DEFAULT, AT(business.population_rows), "0",
     "[0, 1e+15]", "rows", .help = "Rows decided about in real life; 0: not scaled.", .example = "240000"},
    {"business.population.per", KEY_TEXT, KEY_FREE, NEED_DEFAULT, AT(business.population_per), "\"\"", "", "",
     .help = "In which time; day, week, month, quarter or year also tells how long missing labels take.", .example = "year"},
    {"business.params", KEY_NAMED, KEY_FREE, NEED_DEFAULT, AT(business.params), "{}", "", "",
     .help = "Numbers that act and skip use as :NAME; a plain number has no range.",
     .item_size = sizeof(Parameter), .flag = NEVER, .example = "{offer: {value: 60, low: 40, high: 90}}"},
    {"business.params{}.value", KEY_NUMBER, KEY_FREE, NEED_GIVEN, OF(Parameter, value), NULL, "", "",
     .help = "The number used.", .example = "60"},
    {"business.params{}.low", KEY_NUMBER, KEY_FREE, NEED_RULE, OF(Parameter, low), "value", "", "",
     .help = "Lowest plausible value.", .example = "40"},
    {"business.params{}.high", KEY_NUMBER, KEY_FREE, NEED_RULE, OF(Parameter, high), "value", "", "",
     .help = "Highest plausible value.", .example = "90"},
    {"business.params{}.unit", KEY_TEXT, KEY_FREE, NEED_UNSET, OF(Parameter, unit), "not used", "", "",
     .help = "business.unit for an amount, rate for a share or a factor; another unit is an error.", .example = "USD"},
    {"business.act", KEY_TEXT, KEY_FREE, NEED_DEFAULT, AT(business.act), "\"\"", "", "",
     .help = "Worth of acting on a row: an SQL expression over its columns, `label` (1 = positive; of a number as target: "
             "itself, beside the prediction `score`) and :params.",
     .when = "!business.matrix", .example = "\"CASE WHEN label = 1 THEN :offer ELSE 0 END - 1\""},
    {"business.skip", KEY_TEXT, KEY_FREE, NEED_DEFAULT, AT(business.skip), "\"0\"", "", "",
     .help = "Worth of not acting on it; of a number as target: of having no prediction. A model is worth the sum of act "
             "where it acts, of skip where not; with a number as target it acts on every row.", .when = "!business.matrix"},
    {"business.matrix", KEY_OPTIONAL, KEY_FREE, NEED_DEFAULT, AT(business.has_matrix),
     .help = "Instead of act and skip: one amount an outcome, benefits positive, costs negative."},
    {"business.matrix.tp", KEY_NUMBER, KEY_FREE, NEED_GIVEN, AT(business.matrix.tp), NULL, "", "of business.unit",
     .help = "Acted on a positive.", .example = "40"},
    {"business.matrix.fp", KEY_NUMBER, KEY_FREE, NEED_GIVEN, AT(business.matrix.fp), NULL, "", "of business.unit",
     .help = "Acted on a negative.", .example = "-5"},
    {"business.matrix.fn", KEY_NUMBER, KEY_FREE, NEED_GIVEN, AT(business.matrix.fn), NULL, "", "of business.unit",
     .help = "Skipped a positive.", .example = "-10"},
    {"business.matrix.tn", KEY_NUMBER, KEY_FREE, NEED_GIVEN, AT(business.matrix.tn), NULL, "", "of business.unit",
     .help = "Skipped a negative.", .example = "0"},
    {"business.costs", KEY_COSTS, KEY_FREE, NEED_DEFAULT, AT(business.costs), "{}", "", "of business.unit",
     .help = "Of a target with several classes, instead of act and skip: what deciding for a class costs, TRUTH: {DECISION: cost}; "
             "right decisions cost 0 where nothing is said. The decision is the cheapest by the scores."},
    {"business.capacity", KEY_SECTION, .help = "How much can be acted on: one of rows, fraction and budget; absent: all."},
    {"business.capacity.rows", KEY_INT64, KEY_FREE, NEED_UNSET, AT(business.capacity.rows), "no limit",
     "[1, 1000000000000]", "rows", .help = "At most so many of the rows judged.", .example = "800"},
    {"business.capacity.fraction", KEY_NUMBER, KEY_FREE, NEED_UNSET, AT(business.capacity.fraction), "not used",
     "(0, 1]", "", .help = "Or: at most this share of them, to the nearest row.", .example = "0.2"},
    {"business.capacity.budget", KEY_NUMBER, KEY_FREE, NEED_UNSET, AT(business.capacity.budget), "not used",
     "(0, 1e+12]", "of business.unit", .help = "Or: until the costs of those acted on reach this.", .example = "5000"},
    {"business.capacity.cost", KEY_TEXT, KEY_FREE, NEED_UNSET, AT(business.capacity.cost), "not used", "", "",
     .help = "What acting on a row takes from the budget: an expression as act, never negative.", .example = "\":contact\""},
    {"business.policy", KEY_CHOICE, KEY_FREE, NEED_DEFAULT, AT(business.policy), "threshold", "", "",
     .help = "Acts where the score reaches a threshold, on the best scores up to the capacity, or where act is expected to be "
             "worth more than skip.",
     .words = policies},
    {"business.policy.threshold", KEY_NUMBER, KEY_FREE, NEED_DEFAULT, AT(business.threshold),
     "best_on_validation", "[0, 1]", "", .help = "A number; the one worth most on the validation part, then frozen; or frozen: the one the run has stored.",
     .words = thresholds, .when = "business.policy=threshold"},

    {"gates", KEY_SECTION, .help = "What a model must show to replace the champion."},
    {"gates.primary", KEY_OPTIONAL, KEY_FREE, NEED_DEFAULT, AT(gates.has_primary),
     .help = "The claim: one metric and one of superior, not_worse, at_least, at_most. Where there is a business "
             "section the metric is best value: a model metric can gain while money is lost."},
    GATE_ROWS("gates.primary.", AT(gates.primary), "value"),
    {"gates.guardrails", KEY_ITEMS, KEY_FREE, NEED_DEFAULT, AT(gates.guardrails), "[]", "", "",
     .help = "What must not get worse meanwhile: a list of the same.", .item_size = sizeof(Gate), .flag = NEVER,
     .example = "[{metric: auc, not_worse: 0.01}, {metric: log_loss, not_worse: 0.01}]"},
    GATE_ROWS("gates.guardrails[].", 0, "auc"),
    {"gates.guardrails[].slice", KEY_COLUMN, KEY_FREE, NEED_UNSET, OF(Gate, slice), "all rows", "", "",
     .help = "The rule is about each value of this column, one of evaluate.slices.", .example = "Contract"},
    {"gates.guardrails[].detect_harm", KEY_RULE, KEY_FREE, NEED_RULE, 0, NULL, "", "",
     .help = "Fails where a loss is shown in a slice (false discoveries below 10 %); so it is for evaluate.slices "
             "anyway.", .example = "true", .words = yes, .rule = GATE_DETECT_HARM},
    RULE_ROW("gates.guardrails[].prove_safe", 0, GATE_PROVE_SAFE, "(0, inf)", "100",
             "Or: passes where the interval of every slice excludes a loss of this size."),
    {"gates.confidence", KEY_NUMBER, KEY_FREE, NEED_DEFAULT, AT(gates.confidence), "0.95", "[0.5, 1)", "",
     .help = "Coverage of every two-sided interval."},
    {"gates.ledger", KEY_PATH, KEY_FREE, NEED_DEFAULT, AT(gates.ledger), "\"\"", "", "",
     .help = "File of all decisions that the evaluation rows have supported: the t-th one then spends only "
             "alpha * 6 / (pi^2 t^2), alpha = 1 - confidence.", .example = "ledger.jsonl"},
};
// clang-format on

const int key_row_count = sizeof key_rows / sizeof key_rows[0];
