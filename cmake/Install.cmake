# What goes where. Two components: `program` for those who run it, `development` for those who link the library.
# Who installs something without a COMPONENT adds to the first (CMAKE_INSTALL_DEFAULT_COMPONENT_NAME).
include(CMakePackageConfigHelpers)

# The program and the tests use the static library, insides and all; what others link is either that or, of the same
# objects, a shared one that shows the names marked FCAST_API alone.
set(FCAST_INSTALLED flockcast)
if(BUILD_SHARED_LIBS)
  set_target_properties(flockcast PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_options(flockcast PRIVATE -fno-semantic-interposition) # calls among our own functions stay direct
  get_target_property(libraries flockcast LINK_LIBRARIES)
  add_library(flockcast_shared SHARED $<TARGET_OBJECTS:flockcast>)
  target_include_directories(flockcast_shared INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(flockcast_shared PRIVATE ${libraries})
  set_target_properties(flockcast_shared PROPERTIES OUTPUT_NAME flockcast EXPORT_NAME flockcast
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}) # minor versions may differ
  set(FCAST_INSTALLED flockcast_shared)
endif()

install(TARGETS flockcast_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/flockcast)
install(FILES README.md ARCHITECTURE.md CHANGELOG.md LICENSE CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(TARGETS ${FCAST_INSTALLED} EXPORT flockcastTargets COMPONENT development
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/flockcast DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT development)

# find_package(flockcast)
set(FCAST_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/flockcast)
install(EXPORT flockcastTargets NAMESPACE flockcast:: DESTINATION ${FCAST_CMAKE_DIR} COMPONENT development)
configure_package_config_file(cmake/flockcastConfig.cmake.in flockcastConfig.cmake
  INSTALL_DESTINATION ${FCAST_CMAKE_DIR})
write_basic_package_version_file(flockcastConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/flockcastConfig.cmake ${PROJECT_BINARY_DIR}/flockcastConfigVersion.cmake
  DESTINATION ${FCAST_CMAKE_DIR} COMPONENT development)

# pkg-config. Paths are relative to the file, so that a prefix can be moved. Who links the static library links what it
# needs too, so those are `Requires` then, not `Requires.private`: --static would ask for the archives of everything
# below cairo and libav, which distributions do not have.
set(pc_prefix "\${pcfiledir}")
string(REGEX REPLACE "[^/]+" ".." up "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
string(APPEND pc_prefix "/${up}")
set(pc_modules libzip yaml-0.1 "jansson >= 2.12" ${FCAST_CAIRO_MODULES} ${FCAST_LIBAV_MODULES})
list(JOIN pc_modules ", " pc_modules)
foreach(library IN LISTS LAPACK_LIBRARIES BLAS_LIBRARIES OpenMP_C_LIBRARIES)
  get_filename_component(directory "${library}" DIRECTORY)
  get_filename_component(name "${library}" NAME)
  if(directory IN_LIST CMAKE_C_IMPLICIT_LINK_DIRECTORIES AND name MATCHES "^lib(.+)\\.(so|a)$")
    list(APPEND pc_libraries -l${CMAKE_MATCH_1})
  else()
    list(APPEND pc_libraries ${library})
  endif()
endforeach()
list(REMOVE_DUPLICATES pc_libraries)
list(REMOVE_ITEM pc_libraries -lpthread)
list(JOIN pc_libraries " " pc_libraries)
string(APPEND pc_libraries " -lm")
if(BUILD_SHARED_LIBS)
  set(pc_private "Requires.private: ${pc_modules}\nLibs.private: ${pc_libraries}\n")
  set(pc_libraries "")
else()
  set(pc_private "Requires: ${pc_modules}\n")
endif()
configure_file(cmake/flockcast.pc.in flockcast.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/flockcast.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

# Modulefiles for Lmod and for Environment Modules, with the prefix, which only `cmake --install` knows.
set(modules_dir ${CMAKE_INSTALL_DATADIR}/modulefiles/flockcast)
set(prefix "@prefix@") # stays for the second round
foreach(kind IN ITEMS lua tcl)
  configure_file(packaging/modulefile/flockcast.${kind}.in flockcast.${kind} @ONLY)
endforeach()
install(CODE "
  get_filename_component(prefix \"\${CMAKE_INSTALL_PREFIX}\" ABSOLUTE)
  set(name \"\$ENV{DESTDIR}\${prefix}/${modules_dir}/${PROJECT_VERSION}\")
  configure_file(${PROJECT_BINARY_DIR}/flockcast.lua \"\${name}.lua\" @ONLY)
  configure_file(${PROJECT_BINARY_DIR}/flockcast.tcl \"\${name}\" @ONLY)" COMPONENT modulefile)
