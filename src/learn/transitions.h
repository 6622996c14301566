/* SPDX-License-Identifier: MIT
 *
 * What agents saw around them in one frame and where they went until the next.
 */
#ifndef FLOCKCAST_LEARN_TRANSITIONS_H
#define FLOCKCAST_LEARN_TRANSITIONS_H

#include "flockcast/interaction.h"

#include <stdbool.h>

/* Shells of equal width from distance 0 on. */
typedef struct fcast_shells {
  size_t n;
  double width; /* length units */
} fcast_shells;

/* A neighbour by itself. */
typedef struct fcast_seen {
  double distance;
  double heading[2]; /* unit vector */
  size_t transition; /* of whom it is a neighbour */
} fcast_seen;

/* The transitions of one run. All arrays of numbers are one block of memory. */
typedef struct fcast_run_transitions {
  size_t n;
  double *headings; /* [transition, component, shell]: sum of the unit headings in a shell, the agent's own in the first
                     */
  double *away;     /* [transition, component, shell]: sum of the unit vectors from those in the shell; NULL without */
  double *direction; /* [transition, component]: unit vector of the displacement */
  double *travel;    /* [transition]: length of the displacement over the interval */
  double *velocity;  /* [transition, component]: before it */
  double *trust;     /* [transition]: 0 to 1, how much it counts in a fit; 1 at first */
  size_t n_seen, most_seen;
  fcast_seen *seen; /* neighbours beyond the shells of headings; NULL without */
} fcast_run_transitions;

typedef struct fcast_transitions {
  size_t n_runs;
  fcast_run_transitions *runs;
  size_t n_total;      /* transitions of all runs */
  fcast_shells shells; /* of headings */
  fcast_shells forces; /* of unit vectors */
  double interval;     /* between frames; time units */
} fcast_transitions;

/* What to collect. */
typedef struct fcast_transition_options {
  fcast_shells shells; /* of headings */
  fcast_shells forces; /* of unit vectors; n = 0: none */
  double seen_to;      /* neighbours beyond the shells of headings and nearer than this are kept one by one */
  size_t most;         /* transitions, about; they are spread evenly over runs, frames and agents */
  double most_pairs;   /* and pairs of agents looked at */
} fcast_transition_options;

/* Collect from the runs of a source, at most 200, evenly spread. Left out are agents that do not move, leave or enter
 * the box, or come so near a wall that they may have been reflected. Errors: as fcast_field_learn. */
FCAST_MUST_CHECK fcast_status fcast__transitions_collect(const fcast_tracks_source *source,
                                                         const fcast_density_options *box,
                                                         const fcast_transition_options *options,
                                                         fcast_transitions *out, fcast_error *err);
void fcast__transitions_clear(fcast_transitions *transitions);

#endif
