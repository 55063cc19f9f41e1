# Man pages and completion, written by the programs themselves from the option tables that --help shows. help2man would
# have to start every program, MPI included, and read its help back; it knows neither groups nor which values are files,
# and makes no completion.
set(HOGWILD_REFERENCE_DIR ${CMAKE_BINARY_DIR}/reference)
set(stamps)
foreach(program hogwild ${HOGWILD_TOOLS})
  set(stamp ${HOGWILD_REFERENCE_DIR}/stamps/${program})
  add_custom_command(OUTPUT ${stamp}
    COMMAND ${CMAKE_COMMAND} -E env ASAN_OPTIONS=detect_leaks=0 $<TARGET_FILE:${program}> --reference ${HOGWILD_REFERENCE_DIR}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${HOGWILD_REFERENCE_DIR}/stamps
    COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
    DEPENDS ${program} VERBATIM COMMENT "Man page and completion of ${program}")
  list(APPEND stamps ${stamp})
endforeach()
add_custom_target(hogwild_reference ALL DEPENDS ${stamps})
