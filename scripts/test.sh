#!/usr/bin/env bash
# Runs the tests of the sides named: engine, qgis, package. Fails when any of them fails, after running all.
set -uo pipefail
cd "$(dirname "$0")/.."

engine_folders=(tests/model tests/engine)
failed=()

run() { # title, then the command
    echo
    echo "== $1"
    "${@:2}" || failed+=("$1")
}

for side in "$@"; do
    case "$side" in
        engine)
            run "model and engine" build/env/engine-tests/bin/python -m pytest "${engine_folders[@]}"
            ;;
        qgis)
            python=build/env/qgis-tests/bin/python
            run "in QGIS" "$python" -m pytest "${engine_folders[@]/#/--ignore=}" tests
            run "in QGIS, with the clock of New York" \
                env TZ=America/New_York "$python" -m pytest tests/layers tests/processing
            ;;
        package)
            run "package" build/env/qgis-tests/bin/python -m pytest -p no:pytest_qgis tests/package
            ;;
        *) echo "scripts/test.sh: unknown side '$side'" >&2; exit 2 ;;
    esac
done

echo
if [[ ${#failed[@]} -gt 0 ]]; then
    printf 'FAILED: %s\n' "${failed[@]}"
    exit 1
fi
echo "All tests passed: $*"
