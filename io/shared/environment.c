// The host and the time, as JSON.
#include "io/shared/environment.h"

#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

json_t *environment_host(void) {
  struct utsname name;
  if (uname(&name) != 0) return json_object();
  return json_pack("{s:s,s:s,s:s,s:s,s:I}", "name", name.nodename, "system", name.sysname, "release",
                   name.release, "machine", name.machine, "cores", (json_int_t)sysconf(_SC_NPROCESSORS_ONLN));
}

json_t *environment_now(void) {
  char text[32] = "";
  struct tm utc;
  time_t seconds = time(NULL);
  if (gmtime_r(&seconds, &utc) != NULL) strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return json_string(text);
}
