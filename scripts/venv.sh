#!/usr/bin/env bash
# Makes the tool environments build/env/NAME from scripts/requirements/NAME.txt; nothing to do is quick.
# engine-tests and bench see the packages of build/engine, qgis-tests those of the system (QGIS, numpy).
# The engine environment itself stays as the plugin makes it.
set -euo pipefail
cd "$(dirname "$0")/.."

engine_python=build/engine/bin/python
for name in "$@"; do
    env=build/env/$name
    requirements=scripts/requirements/$name.txt
    options=()
    python=${PYTHON:-/usr/bin/python3}
    case "$name" in
        qgis-tests) options=(--system-site-packages) ;;
        engine-tests | bench) python=$engine_python ;;
    esac
    wanted=$("$python" -c 'import sys; print(sys.version, sys.base_prefix)'; cat "$requirements" "$0"; pwd)
    [[ -f $env/.made-from && "$(<"$env/.made-from")" == "$wanted" ]] && continue

    echo "Making $env"
    rm -rf "$env"
    "$python" -m venv "${options[@]}" "$env"
    "$env/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$requirements"
    if [[ $python == "$engine_python" ]]; then
        purelib='import sysconfig; print(sysconfig.get_path("purelib"))'
        "$engine_python" -c "$purelib" >"$("$env/bin/python" -c "$purelib")/engine.pth"
    fi
    printf '%s' "$wanted" >"$env/.made-from"
done
