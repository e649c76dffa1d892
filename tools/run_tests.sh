#!/usr/bin/env bash
# Install what the tests need, check style, spelling and types, run the tests:
#   bash tools/run_tests.sh [arguments of pytest]
set -euo pipefail
ROOT="$(cd "$(dirname "$0")/.." && pwd)"
cd "$ROOT"
bash tools/install.sh --test
. tools/_env.sh
"$PYTHON" -m ruff check .
"$PYTHON" -m ruff format --check .
"$PYTHON" -m codespell_lib
"$PYTHON" -m mypy
exec "$PYTHON" -m pytest "$@"
