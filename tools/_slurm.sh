# Sourced by slurm_train.sh and slurm_test.sh: one launcher on each machine, which srun starts.

. "$(dirname "${BASH_SOURCE[0]}")/_dist.sh"

fail() { echo "error: $*" >&2; exit 2; }

# require_number NAME VALUE
require_number() { [[ $2 =~ ^[1-9][0-9]*$ ]] || fail "$1=$2: expected a number of 1 or more"; }

# launch_on_slurm TOOL PARTITION JOB_NAME ARGUMENTS...
# GPUS devices in all (8), GPUS_PER_NODE on each machine (8, or GPUS if that is less), CPUS_PER_TASK
# processors for each device (5), and SRUN_ARGS, further arguments of srun.
launch_on_slurm() {
    local tool=$1 partition=$2 job=$3 gpus=${GPUS:-8} cpus=${CPUS_PER_TASK:-5} each
    shift 3
    require_number GPUS "$gpus"
    each=${GPUS_PER_NODE:-$((gpus < 8 ? gpus : 8))}
    require_number GPUS_PER_NODE "$each"
    require_number CPUS_PER_TASK "$cpus"
    ((gpus % each == 0)) || fail "GPUS=$gpus is no multiple of GPUS_PER_NODE=$each: give one"
    command -v srun >/dev/null || fail "there is no srun here: run bash tools/dist_$tool.sh"
    # shellcheck disable=SC2086  # several arguments in one variable
    exec srun --partition="$partition" --job-name="$job" --nodes="$((gpus / each))" \
        --ntasks="$((gpus / each))" --ntasks-per-node=1 --gres="gpu:$each" \
        --cpus-per-task="$((each * cpus))" --kill-on-bad-exit=1 ${SRUN_ARGS:-} \
        "$PYTHON" -u "$ROOT/tools/_launch_on_slurm.py" "$tool" "$each" "$@"
}
