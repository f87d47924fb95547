// Clearing of all panels.
#include "engine/evaluate/panels/panels.h"

#include <stdlib.h>
#include <string.h>

void panels_clear(Panels *panels) {
  swap_panel_clear(&panels->swap);
  slices_clear(&panels->slices);
  fairness_clear(&panels->fairness);
  stability_clear(&panels->stability);
  for (int i = 0; i < panels->drift_count; i++) drift_clear(&panels->drift[i]);
  free(panels->drift);
  importance_clear(&panels->importance);
  dependence_clear(&panels->dependence);
  memset(panels, 0, sizeof *panels);
}
