#!/usr/bin/env bash
# Removes build/. Refuses while something is mounted below it: removing would reach through the mount.
set -euo pipefail
cd "$(dirname "$0")/.."

build=$(pwd -P)/build
if grep -qF " $build/" /proc/mounts; then
    echo "Something is mounted below $build (a test run in a chroot?): unmount it first." >&2
    exit 1
fi
rm -rf "$build" 2>/dev/null || sudo rm -rf "$build"
find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
