# Sourced by dist_train.sh and dist_test.sh: start one process per device, as torchrun does.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
. "$ROOT/tools/_env.sh"
# Of torch's warnings on sockets none is the user's to act on.
export TORCH_CPP_LOG_LEVEL="${TORCH_CPP_LOG_LEVEL:-ERROR}"

# launch TOOL ARGUMENTS...
launch() { exec "$PYTHON" "$ROOT/tools/_launch.py" "$@"; }
