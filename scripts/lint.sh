#!/usr/bin/env bash
# Runs all linters and fails when any of them complains. Types are checked where third-party ones resolve.
set -uo pipefail
cd "$(dirname "$0")/.."

status=0
build/env/lint/bin/ruff check || status=1
build/env/lint/bin/ruff format --check || status=1
build/env/lint/bin/mypy --python-executable build/engine/bin/python || status=1
exit $status
