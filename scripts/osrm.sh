#!/usr/bin/env bash
# Puts a real OSRM into build/osrm: the executables and profiles of the wheel osrm-bindings. Used by tests only.
set -euo pipefail
cd "$(dirname "$0")/.."

version=26.10.0
folder=build/osrm
[[ -f $folder/.version && "$(<"$folder/.version")" == "$version" ]] && exit 0

echo "Getting OSRM $version"
rm -rf "$folder"
mkdir -p "$folder"
build/engine/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --python-version 3.12 --platform manylinux_2_28_x86_64 --dest "$folder" "osrm-bindings==$version"
"${PYTHON:-/usr/bin/python3}" -m zipfile -e "$folder"/*.whl "$folder"
chmod +x "$folder"/osrm/bin/*
rm "$folder"/*.whl
printf '%s' "$version" >"$folder/.version"
