/* SPDX-License-Identifier: MIT
 *
 * Simulate: the Vicsek model, angular diffusion or the D'Orsogna model in a periodic or reflecting box, with Morse
 * forces between agents.
 *
 * Sources: Vicsek, Czirok, Ben-Jacob, Cohen and Shochet 1995; D'Orsogna, Chuang, Bertozzi and Chayes 2006 for the
 * force; docs/method.md, "Simulating".
 */
#ifndef FLOCKCAST_SIMULATE_H
#define FLOCKCAST_SIMULATE_H

#include "flockcast/array.h"
#include "flockcast/random.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How agents move.
 *
 * vicsek: the step of Vicsek et al.; what it does depends on dt, of which no limit is taken.
 *
 * angular_diffusion: headings relax towards the mean heading of the neighbours and diffuse, dtheta = alignment_rate
 * sin(mean - theta) dt + sqrt(2 angular_diffusion) dW, by Euler and Maruyama, so that runs converge as dt -> 0 (Degond
 * and Motsch 2008, Math. Models Methods Appl. Sci. 18, 1193). Forces: constant_with_forces adds mu_t times the part of
 * the force across the heading to dtheta/dt; variable changes speeds as in the Vicsek step. The noise_ members do not
 * matter.
 *
 * dorsogna: dv/dt = (propulsion - friction |v|^2) v + force, without alignment and noise, by Runge-Kutta of order four
 * (D'Orsogna, Chuang, Bertozzi and Chayes 2006, Phys. Rev. Lett. 96, 104302); forces must be enabled, and speed_mode
 * and mobility do not matter. */
typedef enum fcast_model { FCAST_MODEL_VICSEK, FCAST_MODEL_ANGULAR_DIFFUSION, FCAST_MODEL_DORSOGNA } fcast_model;

typedef enum fcast_boundary { FCAST_PERIODIC, FCAST_REFLECTING } fcast_boundary;
typedef enum fcast_noise_kind { FCAST_NOISE_GAUSSIAN, FCAST_NOISE_UNIFORM } fcast_noise_kind;

/* What forces do. Where they are not enabled, nothing: all three modes are then the same. */
typedef enum fcast_speed_mode {
  FCAST_SPEED_CONSTANT,             /* nothing */
  FCAST_SPEED_CONSTANT_WITH_FORCES, /* turn the mean heading towards their direction */
  FCAST_SPEED_VARIABLE              /* change the speed, and the direction not */
} fcast_speed_mode;

typedef enum fcast_force_law { FCAST_FORCE_MORSE } fcast_force_law;

/* Forces between pairs up to the distance rcut_factor * max(lr, la): (Cr/lr) e^{-r/lr} - (Ca/la) e^{-r/la} along the
 * line between them, positive away from each other. */
typedef struct fcast_force_options {
  bool enabled;
  fcast_force_law law;
  double repulsion_strength, attraction_strength; /* Cr, Ca */
  double repulsion_length, attraction_length;     /* lr, la; length units */
  double mobility;                                /* mu_t */
  double cutoff_factor;                           /* rcut_factor */
} fcast_force_options;

/* The four initial-condition families, in the order of the default configuration. */
typedef enum fcast_ic_type {
  FCAST_IC_UNIFORM,
  FCAST_IC_GAUSSIAN_CLUSTER,
  FCAST_IC_RING,
  FCAST_IC_TWO_CLUSTERS,
  FCAST_IC_COUNT
} fcast_ic_type;

/* Where agents start; NAN: as docs/method.md has it for the type. Lengths in length units. */
typedef struct fcast_initial_options {
  double centre_x, centre_y; /* of the cluster, the ring, or all clusters; uniform has none */
  double spread;             /* standard deviation of a cluster */
  double ring_radius;        /* mean and */
  double ring_width;         /* standard deviation of the distance from the centre */
  double n_clusters;         /* an integer; of two_clusters, in a row along x, about equally many agents in each */
  double separation;         /* of their centres; Lx / (n_clusters + 1) */
} fcast_initial_options;

/* All of them as the type has it. */
FCAST_API fcast_initial_options fcast_initial_options_default(void);

/* Settings of one run; the default of each is in fcast_simulate_options_default. */
typedef struct fcast_simulate_options {
  int64_t n_agents;         /* N, at least 1 */
  double box_x, box_y;      /* Lx, Ly; length units */
  fcast_boundary boundary;  /* bc */
  double total_time;        /* T; time units; steps = round(T/dt) */
  double dt;                /* time units */
  int64_t save_every;       /* steps between saved frames */
  int64_t neighbor_rebuild; /* accepted for older configurations; the cell list is rebuilt every step, so it changes
                               nothing */
  fcast_model model;
  double speed; /* v0; v0 * dt <= R/2 where agents align */
  fcast_speed_mode speed_mode;
  double alignment_rate;       /* of angular_diffusion, 1/time; times dt at most 1 */
  double angular_diffusion;    /* of it, radians^2/time */
  double propulsion, friction; /* alpha, beta of dorsogna: speeds tend to sqrt(alpha/beta) */
  double radius;               /* R, interaction radius; length units */
  fcast_noise_kind noise_kind;
  double eta;          /* noise width; radians */
  bool match_variance; /* gaussian noise: eta/sqrt(12), the variance of the uniform noise, instead of eta */
  fcast_random_kind rng;
  fcast_force_options forces;
  fcast_initial_options initial;
} fcast_simulate_options;

/* The defaults of the reference configuration (flockcast config --defaults). */
FCAST_API fcast_simulate_options fcast_simulate_options_default(void);

/* FCAST_OK where the options describe a run that can be simulated. Errors: FCAST_E_CONFIG, naming the configuration
 * key, what was found and what was expected. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_simulate_options_check(const fcast_simulate_options *options,
                                                                     fcast_error *err);

/* Whether forces change anything: enabled, in D'Orsogna's model or with a speed_mode other than constant. */
FCAST_API bool fcast_simulate_has_forces(const fcast_simulate_options *options);

/* Steps of the run, round(T/dt), and its saved frames, steps/save_every + 1. */
FCAST_API size_t fcast_simulate_n_steps(const fcast_simulate_options *options);
FCAST_API size_t fcast_simulate_n_frames(const fcast_simulate_options *options);

/* The name of a type ("ring"), or NULL where there is none. */
FCAST_API const char *fcast_ic_type_name(fcast_ic_type type);

/* Simulate one run from `seed`. `out` is allocated here; the caller clears it. It is empty on failure.
 * The result depends on the arguments alone. Thread-safe. Errors: FCAST_E_CONFIG, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_simulate(const fcast_simulate_options *options, fcast_ic_type type,
                                                       uint64_t seed, fcast_tracks *out, fcast_error *err);

enum { FCAST_MAX_MEMBERS = 65535 };

/* Simulate a run on from frame `frame` of its `tracks` to their end, with other noise: member `member`, below
 * FCAST_MAX_MEMBERS, of an ensemble that shares the state. Positions and the directions of the velocities are the
 * state, and the speeds where agents have their own; save_every steps lie between frames; options->total_time and
 * options->rng do not matter. The noise is a pure function of (seed, member, step, agent) by Philox: all members differ
 * from each other and from the run itself. `out` is allocated here, [n_frames - frame] frames of which the first is the
 * state, with the times of `tracks`; the caller clears it. It is empty on failure. The result depends on the arguments
 * alone. Thread-safe. Errors: FCAST_E_CONFIG, FCAST_E_SHAPE where tracks and options do not fit, FCAST_E_ARG,
 * FCAST_E_FORMAT where an agent that should move has no velocity, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_resimulate(const fcast_simulate_options *options,
                                                         const fcast_tracks *tracks, size_t frame, uint64_t seed,
                                                         uint64_t member, fcast_tracks *out, fcast_error *err);

#ifdef __cplusplus
}
#endif
#endif
