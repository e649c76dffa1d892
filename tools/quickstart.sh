#!/usr/bin/env bash
# From nothing to a distilled student, in minutes on two cores:
#   DATA=/path/to/kitti bash tools/quickstart.sh
# DATA is a folder in KITTI's layout (training/, ImageSets/). Further settings:
#   OUT                where everything is written (work_dirs/quickstart)
#   QUICKSTART_SCALE   factor on the number of epochs (1)
set -euo pipefail
ROOT="$(cd "$(dirname "$0")/.." && pwd)"
DATA="${DATA:?set DATA to a folder in the layout of KITTI}"
DATA="$(cd "$DATA" && pwd)"
cd "$ROOT"
OUT="${OUT:-work_dirs/quickstart}"

bash tools/install.sh
. tools/_env.sh

python="$PYTHON"
"$python" tools/create_data.py kitti --root-path "$DATA" --out-dir "$OUT/data" --extra-tag kitti

configs=configs/quickstart/pointpillars_3class
epochs() { awk -v scale="${QUICKSTART_SCALE:-1}" -v n="$1" 'BEGIN { print int(n * scale + 0.999) }'; }
options=("runner.max_epochs=$(epochs 10)")
for part in train.dataset val test; do
    split=val
    [ $part != train.dataset ] || split=train
    options+=("data.$part.data_root=$OUT/data/" "data.$part.ann_file=$OUT/data/kitti_infos_$split.pkl")
done
sampler=data.train.dataset.pipeline.2.db_sampler
options+=("$sampler.data_root=$OUT/data/" "$sampler.info_path=$OUT/data/kitti_dbinfos_train.pkl")
train() { "$python" tools/train.py "$1" --seed 0 --work-dir "$2" "${@:3}" --cfg-options "${options[@]}"; }

train $configs.py "$OUT/teacher" --no-validate
train ${configs}_student_4x.py "$OUT/student" --no-validate
bash tools/dist_train.sh ${configs}_student_4x.py 1 --seed 0 --work-dir "$OUT/student_kd" --no-validate \
    --use-kd --teacher-checkpoint "$OUT/teacher/latest.pth" --cfg-options "${options[@]}"

"$python" tools/compare_runs.py --out "$OUT/comparison" \
    teacher="$OUT/teacher" student="$OUT/student" "student with KD=$OUT/student_kd"
