// Writes the demo's customers as CSV: a documented process, so that the best policy and the oracle are known.
//
//     churn_data ROWS SEED > customers.csv        churn_data ROWS SEED truth > truth.csv
//
// A customer has tenure t in 1..72 months, a monthly charge c in 20.00..120.00, a contract (monthly, yearly),
// internet (none, dsl, fibre), k in 0..9 calls to support (unknown for 1 in 30) and a region that means
// nothing. He leaves with probability
//     p = sigmoid(-2.0 - 2.2 (t - 36)/21 (c - 70)/29 + 0.9 [monthly] + 0.8 [monthly and fibre] - 0.5 [yearly
//     and fibre]
//                 + 0.35 (|k - 4| - 2))
// New customers with high charges and old ones with low charges leave: a product, which no linear model can
// express. Contacting a customer with the offer costs 90; a leaver accepts it in 30 % of cases and then pays
// c for 12 more months, so that acting is worth 3.6 c [leaves] - 90. The best policy that knows p acts
// where 3.6 c p > 90; the oracle, which knows who leaves, acts on the leavers with c > 25. `truth` prints id,
// p and the best policy's decision.
#include "engine/shared/math64.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Customer {
  int tenure, cents, calls;
  int monthly, internet, region; // internet: 0 none, 1 dsl, 2 fibre
  int calls_known, leaves;
  double probability;
} Customer;

// splitmix64 (Steele, Lea, Flood 2014): plain, and none of the program's own generators.
static uint64_t next_bits(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static double uniform(uint64_t *state) {
  return (double)(next_bits(state) >> 11) * 0x1p-53;
}

static double leaving(const Customer *customer) {
  double t = (customer->tenure - 36) / 21.0, c = (customer->cents / 100.0 - 70.0) / 29.0;
  int fibre = customer->internet == 2;
  double score = -2.0 - 2.2 * t * c + 0.9 * customer->monthly + 0.8 * (customer->monthly && fibre) -
                 0.5 * (!customer->monthly && fibre) + 0.35 * (abs(customer->calls - 4) - 2);
  return 1.0 / (1.0 + math64_exp(-score));
}

static Customer draw(uint64_t *state) {
  Customer customer = {
      .tenure = 1 + (int)(uniform(state) * 72),
      .cents = 2000 + (int)(uniform(state) * 10001),
      .calls = (int)(uniform(state) * 10),
      .monthly = uniform(state) < 0.6,
      .internet = (int)(uniform(state) * 3),
      .region = (int)(uniform(state) * 4),
      .calls_known = uniform(state) >= 1.0 / 30,
  };
  customer.probability = leaving(&customer);
  customer.leaves = uniform(state) < customer.probability;
  return customer;
}

static void print_customer(const Customer *customer, int number) {
  static const char *const internet[] = {"none", "dsl", "fibre"}, *const regions[] = {"north", "east",
                                                                                      "south", "west"};
  char calls[8] = "";
  if (customer->calls_known) snprintf(calls, sizeof calls, "%d", customer->calls);
  printf("C%06d,%d,%d.%02d,%s,%s,%s,%s,%s\n", number, customer->tenure, customer->cents / 100,
         customer->cents % 100, customer->monthly ? "monthly" : "yearly", internet[customer->internet], calls,
         regions[customer->region], customer->leaves ? "yes" : "no");
}

static void print_truth(const Customer *customer, int number) {
  int act = 3.6 * customer->cents / 100.0 * customer->probability > 90.0;
  printf("C%06d,%.17g,%d\n", number, customer->probability, act);
}

int main(int argc, char **argv) {
  if (argc < 3 || argc > 4) {
    fprintf(stderr, "Usage: churn_data ROWS SEED [truth]\n");
    return 2;
  }
  int rows = atoi(argv[1]), truth = argc == 4 && strcmp(argv[3], "truth") == 0;
  uint64_t state = strtoull(argv[2], NULL, 10);
  printf(truth ? "customer,probability,act\n"
               : "customer,tenure,charge,contract,internet,calls,region,left\n");
  for (int i = 1; i <= rows; i++) {
    Customer customer = draw(&state);
    if (truth)
      print_truth(&customer, i);
    else
      print_customer(&customer, i);
  }
  return fflush(stdout) == 0 ? 0 : 74;
}
