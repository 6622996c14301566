/* SPDX-License-Identifier: MIT
 *
 * All of the library, in the order of the data:
 *
 *   simulate.h   settings       -> tracks
 *   density.h    tracks         -> fields
 *   pod.h        fields         -> modes and coefficients
 *   mvar.h       coefficients   -> model -> forecast
 *   spectrum.h   model          -> its eigenvalues: is it stable?
 *   evaluate.h   fields x 2     -> scores; tracks -> order parameters
 *   phase.h      order parameters of runs -> a point of a phase diagram
 *   structure.h  positions      -> pair correlation, number fluctuations, clusters
 *   recording.h  recorded tracks -> tracks as of runs
 *   interaction.h tracks        -> the law of motion, learned
 *   field.h      that, tracks   -> forecast by the field model
 *   uncertainty.h model, fields -> how far a forecast is from the truth
 *   render.h     any of these   -> figures and films (libraries built with FCAST_RENDER)
 *
 * Every function reports failure as an fcast_status (status.h) and never prints, exits or aborts.
 */
#ifndef FLOCKCAST_FLOCKCAST_H
#define FLOCKCAST_FLOCKCAST_H

#include "flockcast/array.h"
#include "flockcast/density.h"
#include "flockcast/evaluate.h"
#include "flockcast/field.h"
#include "flockcast/interaction.h"
#include "flockcast/moments.h"
#include "flockcast/mvar.h"
#include "flockcast/phase.h"
#include "flockcast/pod.h"
#include "flockcast/random.h"
#include "flockcast/recording.h"
#include "flockcast/render.h"
#include "flockcast/simulate.h"
#include "flockcast/spectrum.h"
#include "flockcast/status.h"
#include "flockcast/structure.h"
#include "flockcast/uncertainty.h"

#endif
