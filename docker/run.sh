#!/usr/bin/env bash
# Run a command in the image, by default a shell, with data/, pretrain/ and work_dirs/ of the
# current folder in their places:
#   bash docker/run.sh bash tools/dist_train.sh CONFIG GPUS --use-kd
# DATA, PRETRAIN and WORK_DIRS name other folders, IMAGE another image, and DOCKER_ARGS further
# arguments of docker run. GPUs are passed on where the machine has any; GPUS=none leaves them out.
set -euo pipefail

image="${IMAGE:-pointdistiller}"
inside=/workspace/pointdistiller
arguments=(--rm --shm-size 8g)
# What is written belongs to who runs this, who need not be a user of the image.
arguments+=(--user "$(id -u):$(id -g)" --env HOME=/tmp --env USER=user)
[ -t 0 ] && arguments+=(--interactive --tty)

if [ "${GPUS:-}" != none ]; then
    if [ -n "${GPUS:-}" ] || command -v nvidia-smi >/dev/null; then
        arguments+=(--gpus "${GPUS:-all}")
    fi
fi

mount() { # FOLDER PLACE
    if [ ! -d "$1" ]; then
        echo "error: there is no folder $1 to mount as $2: make it, or name another by DATA, PRETRAIN or WORK_DIRS" >&2
        exit 1
    fi
    arguments+=(--volume "$(cd "$1" && pwd):$inside/$2")
}

mkdir -p "${WORK_DIRS:-work_dirs}"
mount "${WORK_DIRS:-work_dirs}" work_dirs
mount "${DATA:-data}" data
# Not every command needs teachers.
if [ -n "${PRETRAIN:-}" ] || [ -d pretrain ]; then mount "${PRETRAIN:-pretrain}" pretrain; fi

# shellcheck disable=SC2086  # several arguments
exec docker run "${arguments[@]}" ${DOCKER_ARGS:-} "$image" "$@"
