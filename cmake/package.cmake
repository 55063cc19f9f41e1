# `cpack` in the build folder makes a Debian package.
set(HOGWILD_PACKAGE_CONTACT "The hogwild authors <hogwild@localhost>" CACHE STRING "Maintainer that packages name")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME hogwild)
set(CPACK_PACKAGE_CONTACT "${HOGWILD_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "parallel SGD for sparse linear classifiers")
set(CPACK_PACKAGE_DESCRIPTION
  "Trains linear support vector machines and logistic regression on MPI ranks\nthat share memory or pass messages. With converters, job scripts, and a\nlibrary that reads the datasets and scores with the models.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
# What programs and library need comes from what they are linked with; the launcher, and what job scripts need, are no
# libraries.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "openmpi-bin, python3")
if("${MPI_CXX_LIBRARIES}" MATCHES mpich)
  set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "mpich, python3")
endif()
include(CPack)
