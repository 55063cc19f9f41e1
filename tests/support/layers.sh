#!/usr/bin/env bash
# The rooms include each other in one direction only (docs/design.md).
set -euo pipefail
cd "$HOGWILD_SOURCE"
failed=0
forbid() { # forbid PATTERN WHY PATH...: no #include of PATTERN in these folders
    local pattern=$1 why=$2
    shift 2
    if grep -rnE "#include *[<\"]($pattern)" "$@"; then
        echo "^ $why"
        failed=1
    fi
}
room() { # room NAME MAY_NOT_INCLUDE
    forbid "hogwild/($2)/" "$1/ must not include $2" "include/hogwild/$1" "src/$1"
}
room data  'model|io|mpi|train|app'
room model 'io|mpi|train|app'
room io    'model|mpi|train|app'
room mpi   'data|model|io|train|app'
room train 'io|app'
for other in data model mpi train app; do
    forbid 'hdf5|H5' 'only io/ includes HDF5' "include/hogwild/$other" "src/$other"
done
forbid 'hdf5\.h|H5' 'only io/ includes HDF5' hdf5_tools src/main.cpp
for other in data model io; do
    forbid 'mpi\.h' 'only mpi/, train/ and app/ include MPI' "include/hogwild/$other" "src/$other"
done
for other in data model io mpi train; do
    forbid 'boost/program_options' 'only app/ and the tools parse options' \
        "include/hogwild/$other" "src/$other"
done
forbid 'hogwild/(model|mpi|train|app)/' 'the tools use data/ and io/ only' hdf5_tools
if grep -rn 'MPI_COMM_WORLD' include src --include='*.?pp' | grep -vE '/(app|mpi)/'; then
    echo "^ only app/ names MPI_COMM_WORLD (mpi/environment sets its error handler)"
    failed=1
fi
exit $failed
