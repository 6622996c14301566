/* SPDX-License-Identifier: MIT */
#include "base/cpu.h"
#include "simulate/vicsek_kernels.h"

#if FCAST_CPU_X86
#include "base/level_avx2.h"

#include "simulate/align_lanes.h"
#include "simulate/force_lanes.h"
#include "simulate/motion_lanes.h"

const fcast_vicsek_kernels FCAST_LEVEL(fcast__vicsek) = {
    .locate = locate,
    .sum_headings = sum_headings,
    .sum_forces = sum_forces,
    .steer = steer,
    .accelerate = accelerate,
    .noise_angles = noise_angles,
    .turn_and_move = turn_and_move,
};
#endif
