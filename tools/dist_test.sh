#!/usr/bin/env bash
# Test on GPUS devices of this machine, or of NNODES machines:
#   bash tools/dist_test.sh CONFIG CHECKPOINT GPUS [arguments of tools/test.py]
# NNODES, NODE_RANK, MASTER_ADDR and PORT say which machine of how many this is.
set -euo pipefail
. "$(dirname "$0")/_dist.sh"
launch test "$@"
