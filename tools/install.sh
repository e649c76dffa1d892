#!/usr/bin/env bash
# Install everything into the active environment, or into .venv where none is active:
#   bash tools/install.sh [--test]
# --test adds what the tests need. Neither a compiler nor a CUDA toolkit is used.
#
# On Linux pip takes torch's CUDA build unless told otherwise. To choose a build, give
#   TORCH_INDEX_URL   the index that torch's installation page names for it (CPU, or a CUDA version)
#   SPCONV            the spconv package for it: spconv (CPU, the default), spconv-cu126, ...
set -euo pipefail
ROOT="$(cd "$(dirname "$0")/.." && pwd)"
cd "$ROOT"

case "${1:-}" in
'') mode=run ;;
--test) mode=test ;;
*) echo "error: there is no $1; usage: bash tools/install.sh [--test]" >&2 && exit 2 ;;
esac

if [ -z "${VIRTUAL_ENV:-}${CONDA_PREFIX:-}" ] && [ ! -x .venv/bin/python ]; then
    python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' || {
        echo "error: Python 3.11 or 3.12 is needed, but python3 is $(python3 --version)" >&2
        exit 1
    }
    python3 -m venv .venv
fi
. tools/_env.sh

# Nothing to do if the same was installed into this environment before.
stamp="$("$PYTHON" -c 'import sys; print(sys.prefix)')/pointdistiller-installed"
files="$(cat requirements.txt requirements-test.txt constraints.txt pyproject.toml | cksum)"
wanted="$files $ROOT ${TORCH_INDEX_URL:-} ${SPCONV:-spconv}"
installed="$(cat "$stamp" 2>/dev/null || true)"
if [ "$installed" = "$wanted $mode" ] || [ "$installed" = "$wanted test" ]; then
    exit 0
fi

# pip hands one of these to the isolated environments it builds in, which of them by its version.
export PIP_CONSTRAINT="$ROOT/constraints.txt" PIP_BUILD_CONSTRAINT="$ROOT/constraints.txt"
# Older pips build where torch is installed already, and mmcv would compile its operators there.
export PIP_USE_PEP517=1
chosen="$(mktemp)"
trap 'rm -f "$chosen"' EXIT
sed "s/^spconv==/${SPCONV:-spconv}==/" requirements.txt >"$chosen"
[ $mode = run ] || cat requirements-test.txt >>"$chosen"

if [ -n "${TORCH_INDEX_URL:-}" ]; then
    "$PYTHON" -m pip install "$(grep '^torch==' requirements.txt)" --index-url "$TORCH_INDEX_URL"
fi
"$PYTHON" -m pip install 'setuptools>=64' wheel -r "$chosen"
"$PYTHON" -m pip install --no-deps --no-build-isolation --editable .
"$PYTHON" -m pip check
echo "$wanted $mode" >"$stamp"
