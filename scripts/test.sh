#!/usr/bin/env bash
# Runs tests in the Python they belong to; fails when any of them fails, after running all.
# Usage: scripts/test.sh [engine] [qgis] [package] [tests/FOLDER/test_FILE.py ...]
set -uo pipefail
cd "$(dirname "$0")/.."

engine=(build/env/engine-tests/bin/python -m pytest)
qgis=(build/env/qgis-tests/bin/python -m pytest)
failed=()

# QGIS without a screen. pytest-qgis keeps its profile in .qgis-settings, in a folder per worker where there are
# workers: naming one gives each run a fresh profile.
session=$(mktemp -d)
export QT_QPA_PLATFORM=offscreen XDG_RUNTIME_DIR=$session PYTEST_XDIST_WORKER=run-$$
trap 'rm -rf "$session" ".qgis-settings/$PYTEST_XDIST_WORKER"' EXIT

# Random examples are drawn from sets too: with CI set they are the same in each run.
[[ -n ${CI:-} ]] && export PYTHONHASHSEED=0

run() { # title, then the command
    printf '\n== %s\n' "$1"
    "${@:2}" || failed+=("$1")
}

for part in "$@"; do
    case "$part" in
        engine) run "model and engine" "${engine[@]}" tests/model tests/engine ;;
        qgis)
            run "in QGIS" "${qgis[@]}" --ignore=tests/model --ignore=tests/engine tests
            run "in QGIS, with the clock of New York" \
                env TZ=America/New_York "${qgis[@]}" tests/layers tests/processing
            ;;
        package) run "package" "${qgis[@]}" -p no:pytest_qgis tests/package ;;
        tests/model* | tests/engine*) run "$part" "${engine[@]}" "$part" ;;
        tests/*) run "$part" "${qgis[@]}" "$part" ;;
        *) echo "scripts/test.sh: unknown part '$part'" >&2; exit 2 ;;
    esac
done

echo
if [[ ${#failed[@]} -gt 0 ]]; then
    printf 'FAILED: %s\n' "${failed[@]}"
    exit 1
fi
echo "All tests passed: $*"
