/* SPDX-License-Identifier: MIT
 *
 * All of the library, in the order of the data:
 *
 *   simulate.h    settings       -> tracks
 *   density.h     tracks         -> fields
 *   pod.h         fields         -> modes and coefficients; moments.h: of many runs, collected in parts
 *   fourier.h, align.h, fields.h, state.h
 *                 fields         -> other states than the density in POD modes
 *   mvar.h        coefficients   -> model -> forecast
 *   latent.h      the same for any state; select.h: the choice among many
 *   spectrum.h    model          -> its eigenvalues: is it stable?
 *   evaluate.h    fields x 2     -> scores; tracks -> order parameters
 *   phase.h       order parameters of runs -> a point of a phase diagram
 *   structure.h   positions      -> pair correlation, number fluctuations, clusters
 *   recording.h   recorded tracks -> tracks as of runs
 *   interaction.h tracks         -> the law of motion, learned
 *   field.h       that, tracks   -> forecast by the field model
 *   uncertainty.h model, fields  -> how far a forecast is from the truth
 *   render.h      any of these   -> figures and films (libraries built with FCAST_RENDER)
 *   files.h       runs and models in files, as the program leaves them
 *   npz.h         any arrays in files that numpy.load reads
 *
 * Every function reports failure as an fcast_status (status.h) and never prints, exits or aborts.
 */
#ifndef FLOCKCAST_FLOCKCAST_H
#define FLOCKCAST_FLOCKCAST_H

#include "flockcast/align.h"
#include "flockcast/array.h"
#include "flockcast/density.h"
#include "flockcast/evaluate.h"
#include "flockcast/field.h"
#include "flockcast/fields.h"
#include "flockcast/files.h"
#include "flockcast/fourier.h"
#include "flockcast/interaction.h"
#include "flockcast/latent.h"
#include "flockcast/listener.h"
#include "flockcast/moments.h"
#include "flockcast/mvar.h"
#include "flockcast/npz.h"
#include "flockcast/phase.h"
#include "flockcast/pod.h"
#include "flockcast/random.h"
#include "flockcast/recording.h"
#include "flockcast/render.h"
#include "flockcast/select.h"
#include "flockcast/simulate.h"
#include "flockcast/spectrum.h"
#include "flockcast/state.h"
#include "flockcast/status.h"
#include "flockcast/structure.h"
#include "flockcast/uncertainty.h"

#endif
