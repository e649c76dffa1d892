# Sourced by the scripts: PYTHON is the environment's interpreter, the active one's or .venv's.

if [ -n "${VIRTUAL_ENV:-}" ]; then
    PYTHON="$VIRTUAL_ENV/bin/python"
elif [ -n "${CONDA_PREFIX:-}" ]; then
    PYTHON="$CONDA_PREFIX/bin/python"
elif [ -x "$ROOT/.venv/bin/python" ]; then
    PYTHON="$ROOT/.venv/bin/python"
else
    PYTHON=python3
fi
command -v "$PYTHON" >/dev/null || {
    echo "error: $PYTHON is not there: deactivate that environment, or run bash tools/install.sh" >&2
    exit 1
}
export PYTHONPATH="$ROOT${PYTHONPATH:+:$PYTHONPATH}"
