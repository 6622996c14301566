# Debian packages: `cpack -G DEB` in the build directory, or `make package`. One for each component of Install.cmake.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME flockcast)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "simulate flocks, learn their density, judge the forecast")
set(CPACK_PACKAGE_CONTACT "The flockcast authors <authors@flockcast.invalid>"
  CACHE STRING "Maintainer of Debian packages, with an address")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/debian/complete.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME flockcast)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "Simulates flocks of self-propelled particles, turns them into density
fields, learns a reduced-order model (POD and multivariate autoregression)
from hundreds of runs, and the law of motion itself, forecasts unseen runs,
and judges every forecast beside honest baselines.
.
Runs as arrays of jobs on a Slurm cluster or all on one machine. Every file
is one that numpy.load reads.")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
if(FCAST_RENDER)
  set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "fonts-dejavu-core")
endif()
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "openssh-client, rsync")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "python3-numpy, slurm-client")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libflockcast-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "For programs of your own: headers, library, examples, and what pkg-config
and CMake need to find them. The stages of flockcast as C functions:
simulate, density, POD, MVAR, the field model, forecasts and their scores,
figures and files.")
set(fcast_development_depends "libjansson-dev, libopenblas-dev, libyaml-dev, libzip-dev, pkg-config | pkgconf")
if(FCAST_RENDER)
  string(APPEND fcast_development_depends
    ", libavcodec-dev, libavformat-dev, libavutil-dev, libcairo2-dev, libpango1.0-dev, libpng-dev")
endif()
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${fcast_development_depends}")
include(CPack)
