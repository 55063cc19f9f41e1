# libhogwild: datasets and models for other programs (include/hogwild). Shared, not static: a program that links it then
# needs neither our headers nor HDF5, zlib and xxHash at build time, and a package manager finds what it needs at run time
# in the library itself. What it takes from src/ is compiled for a shared library and hidden in it.
include(GNUInstallDirs)
foreach(room data io)
  set_target_properties(hogwild_${room} PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endforeach()

file(GLOB public_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/public/*.cpp)
file(GLOB HOGWILD_PUBLIC_HEADERS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/hogwild/*.hpp)
add_library(hogwild_public SHARED ${public_sources})
add_library(hogwild::hogwild ALIAS hogwild_public)
# Until 1.0 every minor version may change the interface, so the soname names it.
set_target_properties(hogwild_public PROPERTIES
  OUTPUT_NAME hogwild EXPORT_NAME hogwild
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib
  CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
target_compile_features(hogwild_public PUBLIC cxx_std_20)
target_include_directories(hogwild_public INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
# The kernels that score are templates in src/model's headers; nothing of it is linked.
target_link_libraries(hogwild_public PRIVATE hogwild_io hogwild_data hogwild_flags)
target_link_options(hogwild_public PRIVATE LINKER:--exclude-libs,ALL)
