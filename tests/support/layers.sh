#!/usr/bin/env bash
# The rooms include each other in one direction only (docs/design.md).
set -euo pipefail
cd "$HOGWILD_SOURCE"
failed=0
sources=(src include hdf5_tools)
strategies=$(grep -rhoP '\.name = "\K[a-z-]+' src/train/strategies | paste -sd '|')
[[ $strategies == *lock-free* ]] || { echo "src/train/strategies: no strategies' names found"; exit 1; }
forbid() { # forbid PATTERN WHY PATH...: no #include of PATTERN in these folders
    local pattern=$1 why=$2
    shift 2
    if grep -rnE "#include *[<\"]($pattern)" "$@"; then
        echo "^ $why"
        failed=1
    fi
}
room() { # room NAME MAY_NOT_INCLUDE
    forbid "($2)/" "$1/ must not include $2" "src/$1"
}
room data  'model|io|mpi|train|cli|convert|app'
room model 'io|mpi|train|cli|convert|app'
room io    'model|mpi|train|cli|convert|app'
room mpi   'data|model|io|train|cli|convert|app'
room train 'io|cli|convert|app'
room cli   'model|mpi|train|convert|app'
room convert 'model|mpi|train|app'
room public 'mpi|train|cli|convert|app'
for other in data model mpi train cli convert app public; do
    forbid 'hdf5|H5' 'only io/ includes HDF5' "src/$other"
done
forbid 'hdf5\.h|H5' 'only io/ includes HDF5' hdf5_tools src/main.cpp
for other in data model io cli convert public app; do
    forbid 'mpi\.h' 'only mpi/ and train/ include MPI' "src/$other"
done
if grep -rnE '^([^/]|/[^/])*\bP?MPI_' "${sources[@]}" --include='*.?pp' | grep -vE '^src/(mpi|train)/'; then
    echo "^ only mpi/ and train/ call MPI"
    failed=1
fi
for other in data model io mpi train; do
    forbid 'boost/program_options' 'only cli/, convert/, app/ and the tools parse options' "src/$other"
done
forbid '(data|model|io|mpi|train|cli|convert|app)/|hdf5|H5|mpi|boost|fmt/|nlohmann' 'public headers include the standard library and each other' include
forbid '(model|mpi|train|app)/' 'the tools use data/, io/, cli/ and convert/ only' hdf5_tools
if grep -rnw 'MPI_COMM_WORLD' src --include='*.?pp' | grep -v '^src/mpi/'; then
    echo "^ only mpi/ names MPI_COMM_WORLD"
    failed=1
fi
# Not even in its own file: whoever asks for a name asks for what StrategyInfo should say.
before="([!=]=|compare\(|starts_with\(|equal\([^)]*,) *(std::string(_view)?[({] *)?"
if grep -rnE "$before\"($strategies)\"|\"($strategies)\"s?v? *[!=]=|[!=]= *k[A-Z][A-Za-z]*\.name\b" "${sources[@]}" \
    --include='*.?pp'; then
    echo "^ ask train::StrategyInfo: no strategy is told by its name"
    failed=1
fi
exit $failed
