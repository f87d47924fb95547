// What a file says about the machine and the moment it was written on: outside every digest.
#ifndef INGOT_IO_SHARED_ENVIRONMENT_H
#define INGOT_IO_SHARED_ENVIRONMENT_H

#include <jansson.h>

json_t *environment_host(void); // {"name", "system", "release", "machine", "cores"}
json_t *environment_now(void);  // "2026-01-31T12:00:00Z"

#endif
