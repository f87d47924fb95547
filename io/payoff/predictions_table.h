// The SQLite virtual table `predictions` over columns in memory; nothing is copied.
#ifndef INGOT_IO_PAYOFF_PREDICTIONS_TABLE_H
#define INGOT_IO_PAYOFF_PREDICTIONS_TABLE_H

#include "engine/preprocess/frame.h"

#include <sqlite3.h>

typedef struct PredictionsTable {
  const Column *const *columns; // c0, c1, ...
  int column_count;
  int64_t rows;
} PredictionsTable;

// Makes `predictions` known to the connection; the table outlives it. Returns an SQLite code.
int predictions_table_register(sqlite3 *db, const PredictionsTable *table);

#endif
