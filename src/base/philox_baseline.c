/* SPDX-License-Identifier: MIT */
#include "base/cpu.h"
#include "base/philox.h"

#include "base/level_baseline.h"

#include "base/philox_kernels.h"
