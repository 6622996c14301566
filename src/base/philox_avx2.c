/* SPDX-License-Identifier: MIT */
#include "base/cpu.h"
#include "base/philox.h"

#if FCAST_CPU_X86
#include "base/level_avx2.h"

#include "base/philox_kernels.h"

#endif
