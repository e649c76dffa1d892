#!/usr/bin/env bash
# Build the documentation as a site, into work_dirs/site; a link that leads nowhere is an error:
#   bash tools/build_docs.sh [arguments of mkdocs build]
set -euo pipefail
ROOT="$(cd "$(dirname "$0")/.." && pwd)"
cd "$ROOT"
bash tools/install.sh --test
. tools/_env.sh
# mkdocs-material announces its author's next project, and mkdocs rewrites the terminal's colours.
NO_MKDOCS_2_WARNING=1 "$PYTHON" -m mkdocs build --strict "$@"
echo "Open work_dirs/site/index.html"
