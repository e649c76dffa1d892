#!/usr/bin/env bash
# From nothing to a distilled student, in ten minutes on two cores and without any data:
#   bash tools/quickstart.sh
# It installs, makes a small data set in KITTI's format, trains a teacher, then a student four times
# smaller without and with distillation, and compares the three. Settings, all optional:
#   DATA               a folder in KITTI's layout to use instead of generated scenes
#   OUT                where everything is written (work_dirs/quickstart)
#   QUICKSTART_SCALE   factor on the number of epochs and of generated scenes (1)
set -euo pipefail
ROOT="$(cd "$(dirname "$0")/.." && pwd)"
fail() {
    echo "error: $1" >&2
    exit 1
}
[ -z "${DATA:-}" ] || [ -d "$DATA" ] || fail "DATA=$DATA is no folder: name one in KITTI's layout"
[[ "${QUICKSTART_SCALE:-1}" =~ ^[0-9]*\.?[0-9]+$ ]] || fail \
    "QUICKSTART_SCALE=$QUICKSTART_SCALE is no positive number: give one such as 0.5"
raw="${DATA:+$(cd "$DATA" && pwd)}"
cd "$ROOT"
OUT="${OUT:-work_dirs/quickstart}"
scaled() { awk -v scale="${QUICKSTART_SCALE:-1}" -v n="$1" 'BEGIN { print int(n * scale + 0.999) }'; }

bash tools/install.sh
. tools/_env.sh

if [ -z "$raw" ]; then
    raw="$OUT/kitti"
    "$PYTHON" tools/create_synthetic_kitti.py --out "$raw" --seed 0 \
        --train "$(scaled 240)" --val "$(scaled 60)"
fi
"$PYTHON" tools/create_data.py kitti --root-path "$raw" --out-dir "$OUT/data" --extra-tag kitti

teacher=configs/quickstart/pointpillars_3class.py
student=configs/quickstart/pointpillars_3class_student_4x.py
# Learns by the recommended loss: the paper's, which $student has, shows no gain at this size.
distilled_student=${student%.py}_recommended.py
# train CONFIG NAME EPOCHS ARGUMENTS...
train() {
    local epochs
    epochs="$(scaled "$3")"
    # Evaluated at its end, so that the logs have what tools/paper_tables.py reads.
    "$PYTHON" tools/train.py "$1" --seed 0 --work-dir "$OUT/$2" "${@:4}" --data-root "$OUT/data" \
        --cfg-options "runner.max_epochs=$epochs" "evaluation.interval=$epochs"
}
# However this script ends, no training is left behind: each has a process group of its own.
end_trainings() {
    for group in $(jobs -p); do
        kill -- "-$group" 2>/dev/null || true
    done
    wait
}
trap end_trainings EXIT

train $teacher teacher 10
# The students train side by side, a core each.
export OMP_NUM_THREADS=1
set -m
train $student student 4 >"$OUT/student.log" 2>&1 &
plain=$!
train "$distilled_student" student_kd 4 --use-kd --teacher-checkpoint "$OUT/teacher/latest.pth" &
distilled=$!
set +m
wait $distilled
wait $plain || { tail -n 1 "$OUT/student.log" >&2 && exit 1; }

"$PYTHON" tools/compare_runs.py --out "$OUT/comparison" \
    teacher="$OUT/teacher" student="$OUT/student" "student with KD=$OUT/student_kd"
