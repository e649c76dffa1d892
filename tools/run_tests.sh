#!/usr/bin/env bash
# Install what the tests need, check style, spelling and types, run the tests:
#   bash tools/run_tests.sh [arguments of pytest]
set -euo pipefail
ROOT="$(cd "$(dirname "$0")/.." && pwd)"
cd "$ROOT"
bash tools/install.sh --test
. tools/_env.sh
# The tests open pages in it; without it they skip.
if ! command -v chromium chromium-browser google-chrome >/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || ! {
        timeout 300 apt-get update && timeout 600 apt-get install --yes chromium
    } >/dev/null 2>&1; then
        echo 'chromium is not there and could not be installed: pages are opened in no test' >&2
    fi
fi
"$PYTHON" -m ruff check .
"$PYTHON" -m ruff format --check .
"$PYTHON" -m codespell_lib
"$PYTHON" -m mypy
exec "$PYTHON" -m pytest "$@"
