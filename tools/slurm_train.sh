#!/usr/bin/env bash
# Train in a job of Slurm, on one machine or several:
#   GPUS=16 bash tools/slurm_train.sh PARTITION JOB_NAME CONFIG WORK_DIR [arguments of tools/train.py]
# GPUS, GPUS_PER_NODE, CPUS_PER_TASK and SRUN_ARGS say how many devices where; PORT and MASTER_ADDR
# are found out unless they are set.
set -euo pipefail
. "$(dirname "$0")/_slurm.sh"
(($# >= 4)) || fail "usage: bash tools/slurm_train.sh PARTITION JOB_NAME CONFIG WORK_DIR [arguments of tools/train.py]"
launch_on_slurm train "$1" "$2" "$3" --work-dir "$4" "${@:5}"
