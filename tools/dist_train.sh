#!/usr/bin/env bash
# Train on GPUS devices of this machine, or of NNODES machines:
#   bash tools/dist_train.sh CONFIG GPUS [arguments of tools/train.py]
# NNODES, NODE_RANK, MASTER_ADDR and PORT say which machine of how many this is.
set -euo pipefail
. "$(dirname "$0")/_dist.sh"
launch train "$@"
