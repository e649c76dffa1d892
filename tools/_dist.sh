# Shared by dist_train.sh and dist_test.sh: start one process per device with torchrun.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
. "$ROOT/tools/_env.sh"

usage() {
    echo "usage: bash $0 $1" >&2
    exit 2
}

# launch SCRIPT PROCESSES ARGUMENTS...
launch() {
    script=$1 processes=$2
    shift 2
    case $processes in
    '' | *[!0-9]* | 0) usage "... GPUS has to be a positive number, not '$processes'" ;;
    esac
    exec "$PYTHON" -m torch.distributed.run \
        --nnodes="${NNODES:-1}" \
        --node-rank="${NODE_RANK:-0}" \
        --master-addr="${MASTER_ADDR:-127.0.0.1}" \
        --master-port="${PORT:-29500}" \
        --nproc-per-node="$processes" \
        "$ROOT/$script" "$@" --launcher pytorch
}
