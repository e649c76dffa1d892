#!/usr/bin/env bash
# Test in a job of Slurm, on one machine or several:
#   GPUS=16 bash tools/slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT [arguments of tools/test.py]
# GPUS, GPUS_PER_NODE, CPUS_PER_TASK and SRUN_ARGS say how many devices where; PORT and MASTER_ADDR
# are found out unless they are set.
set -euo pipefail
. "$(dirname "$0")/_slurm.sh"
(($# >= 4)) || fail "usage: bash tools/slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT [arguments of tools/test.py]"
launch_on_slurm test "$@"
