// Runs `SELECT (expression) FROM predictions` in SQLite, able to do nothing else.
//
// Guards, each enough on its own for what it guards: an authorizer that allows one SELECT, READ of the table
// predictions and the payoff language's functions; no disk file, no extensions, defensive mode, no string
// from double quotes; a budget of virtual machine steps instead of a clock, so that the same input always
// passes or always fails; limits on length, depth and columns; a memory cap for the process's SQLite.
#ifndef INGOT_IO_PAYOFF_SANDBOX_H
#define INGOT_IO_PAYOFF_SANDBOX_H

#include "engine/preprocess/frame.h"
#include "engine/shared/status.h"
#include "io/payoff/expression.h"

#include <sqlite3.h>

// The table predictions has the columns c0, c1, ...: numbers (missing = NULL) or the texts of a category.
typedef struct SandboxQuery {
  const char *expression;
  const Binding *bindings; // ?1, ?2, ...
  int binding_count;
  const Column *const *columns;
  int column_count;
  int64_t rows;
  int64_t budget; // virtual machine steps, in thousands
} SandboxQuery;

typedef enum SandboxKind { SANDBOX_NUMBER, SANDBOX_NULL, SANDBOX_OTHER } SandboxKind;

// Called once a row, in order; a status other than OK ends the query with it.
typedef Status (*SandboxSink)(void *context, int64_t row, SandboxKind kind, double value, Error *error);

// Errors 78: SQLite refuses the expression or it goes beyond a limit.
Status sandbox_run(const SandboxQuery *query, SandboxSink sink, void *context, Error *error);

// Switches off what no query of ours needs: extensions, triggers, strings from double quotes. An SQLite code.
int sandbox_harden(sqlite3 *db);

#endif
