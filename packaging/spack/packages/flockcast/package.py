# SPDX-License-Identifier: MIT
try:  # since Spack 1.0 build systems are packages themselves
    from spack_repo.builtin.build_systems.cmake import CMakePackage
except ImportError:
    pass
from spack.package import *


class Flockcast(CMakePackage):
    """Simulates flocks of self-propelled particles, turns them into density fields, learns a
    reduced-order model from hundreds of runs, forecasts unseen runs, and judges every forecast
    beside honest baselines. A program for Slurm clusters and laptops, and a C library."""

    license("MIT")

    # Built from a checkout: spack dev-build flockcast@0.1.0
    version("0.1.0")

    variant("render", default=False, description="Figures and films: not needed on a cluster")
    variant("shared", default=True, description="The library as a shared one")

    depends_on("c", type="build")
    depends_on("cmake@3.21:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("blas")
    depends_on("lapack")
    depends_on("libzip")
    depends_on("libyaml")
    depends_on("jansson@2.12:")
    with when("+render"):
        depends_on("cairo+pdf+svg+ft+fc")
        depends_on("pango")
        depends_on("libpng")
        depends_on("ffmpeg+libx264")

    def cmake_args(self):
        return [
            self.define_from_variant("FCAST_RENDER", "render"),
            self.define_from_variant("BUILD_SHARED_LIBS", "shared"),
            self.define("FCAST_TESTS", False),
        ]
