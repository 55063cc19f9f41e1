# What `cmake --install` puts where (docs/install.md).
include(CMakePackageConfigHelpers)

install(TARGETS hogwild ${HOGWILD_TOOLS} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# --- the library: find_package(hogwild), pkg-config hogwild ---------------------------------------------------
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/hogwild)
install(TARGETS hogwild_public EXPORT hogwildTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${HOGWILD_PUBLIC_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/hogwild)
install(EXPORT hogwildTargets NAMESPACE hogwild:: DESTINATION ${package_dir})
configure_package_config_file(cmake/hogwildConfig.cmake.in ${CMAKE_BINARY_DIR}/package/hogwildConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/hogwildConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/package/hogwildConfig.cmake ${CMAKE_BINARY_DIR}/package/hogwildConfigVersion.cmake
  DESTINATION ${package_dir})

# Relative to the file itself, so that it holds for every prefix and DESTDIR.
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH HOGWILD_PC_TO_PREFIX
  ${CMAKE_INSTALL_PREFIX}/${pkgconfig_dir} ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" HOGWILD_PC_TO_PREFIX ${HOGWILD_PC_TO_PREFIX})
configure_file(cmake/hogwild.pc.in ${CMAKE_BINARY_DIR}/package/hogwild.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/package/hogwild.pc DESTINATION ${pkgconfig_dir})

# --- man pages and completion ------------------------------------------------------------------------------------
install(DIRECTORY ${HOGWILD_REFERENCE_DIR}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
install(DIRECTORY ${HOGWILD_REFERENCE_DIR}/bash/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(DIRECTORY ${HOGWILD_REFERENCE_DIR}/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)

# --- scripts, settings, documents -------------------------------------------------------------------------------
install(DIRECTORY jobs DESTINATION ${CMAKE_INSTALL_DATADIR}/hogwild USE_SOURCE_PERMISSIONS
  PATTERN __pycache__ EXCLUDE PATTERN site EXCLUDE)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN *.md)
