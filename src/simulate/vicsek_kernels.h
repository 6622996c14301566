/* SPDX-License-Identifier: MIT
 *
 * The loops over agents, once for each level of base/cpu.h. All levels give equal bits.
 */
#ifndef FLOCKCAST_SIMULATE_VICSEK_KERNELS_H
#define FLOCKCAST_SIMULATE_VICSEK_KERNELS_H

#include "base/philox.h"
#include "simulate/cells.h"
#include "simulate/force.h"

/* What turns and moves an agent. */
typedef struct fcast_motion {
  double speed, dt;
  double noise_shift, noise_scale; /* angle = shift + scale * a random number */
  bool is_normal;                  /* that number: standard normal, or uniform on [0, 1) */
  double steering;                 /* mu_t, the weight of the direction of the force beside the mean heading */
  double push;                     /* dt mu_t, the change of velocity by a force of one */
} fcast_motion;

fcast_motion fcast__motion(const fcast_simulate_options *options);

/* Where a step finds its random numbers: in draw[agent], or where that is NULL, at Philox's key and index `agent`. */
typedef struct fcast_noise_source {
  const double *draw;
  fcast_philox_key key;
} fcast_noise_source;

/* Places handled in one go: 256 mean headings stay in the nearest cache. */
enum { PLACES_IN_PIECE = 256 };

typedef struct fcast_vicsek_kernels {
  /* state->cell of places [0, n). */
  void (*locate)(const fcast_grid *grid, size_t n, fcast_state *state);

  /* Sums of the headings of all agents within the radius of those in places [first, last), themselves included, into
   * sum_x and sum_y [last - first]. */
  void (*sum_headings)(const fcast_cells *cells, size_t first, size_t last, double *sum_x, double *sum_y);

  /* All pairs that one band is to look at, into force->x and its siblings: zero before. */
  void (*sum_forces)(const fcast_cells *cells, const fcast_force *force, size_t band);

  /* Turn the sums of headings of places [first, last), `first` a multiple of eight, towards the forces: what
   * turn_and_move then aligns with is the mean heading plus `steering` times the direction of the force. */
  void (*steer)(const fcast_cells *cells, const fcast_motion *motion, const fcast_force *force, size_t first,
                size_t last, double *sum_x, double *sum_y);

  /* The speeds that forces make of the velocities in places [first, last) of `cells`, into the same of `state`. */
  void (*accelerate)(const fcast_cells *cells, const fcast_motion *motion, const fcast_force *force, size_t first,
                     size_t last, fcast_state *state);

  /* Noise angles of the agents in places [first, last), `first` a multiple of eight, into angle [last - first]. As
   * below, arrays of a piece have room for whole eights; those behind the last become finite. */
  void (*noise_angles)(const fcast_cells *cells, const fcast_motion *motion, const fcast_noise_source *noise,
                       size_t first, size_t last, double *angle);

  /* Align with the sums, turn by the angles, move: places [first, last) of `cells`, `first` a multiple of eight, into
   * the same places of `state`, at the speeds that stand there where it has speeds. Up to seven sums and angles behind
   * the last are read. */
  void (*turn_and_move)(const fcast_cells *cells, const fcast_motion *motion, size_t first, size_t last,
                        const double *angle, const double *sum_x, const double *sum_y, fcast_state *state);
} fcast_vicsek_kernels;

/* Those for this machine (fcast__cpu_level). */
const fcast_vicsek_kernels *fcast__vicsek_kernels(void);

extern const fcast_vicsek_kernels fcast__vicsek_baseline;
extern const fcast_vicsek_kernels fcast__vicsek_avx2;
extern const fcast_vicsek_kernels fcast__vicsek_avx512;

#endif
