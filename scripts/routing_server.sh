#!/usr/bin/env bash
# Puts a real routing server into build/NAME: what its wheel carries as executables. Used by tests only.
#     scripts/routing_server.sh osrm|valhalla
set -euo pipefail
cd "$(dirname "$0")/.."

case "$1" in
    osrm) wheel=osrm-bindings==26.10.0 ;;
    valhalla) wheel=pyvalhalla==3.9.1 ;;
    *) echo "usage: $0 osrm|valhalla" >&2; exit 2 ;;
esac
folder=build/$1
[[ -f $folder/.version && "$(<"$folder/.version")" == "$wheel" ]] && exit 0

echo "Getting $wheel"
rm -rf "$folder"
mkdir -p "$folder"
build/engine/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --python-version 3.12 --platform manylinux_2_28_x86_64 --dest "$folder" "$wheel"
"${PYTHON:-/usr/bin/python3}" -m zipfile -e "$folder"/*.whl "$folder"
chmod +x "$folder/$1"/bin/*
rm "$folder"/*.whl
printf '%s' "$wheel" >"$folder/.version"
