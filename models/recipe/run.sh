#!/bin/sh
# Makes models/smollm2-135m from scratch: sh models/recipe/run.sh [STEP] [--processes N] (default: all).
# Needs Python 3.11 or later, Node 20 or later (npm ci done). About an hour and a half on two cores; resumable.
set -eu
cd "$(dirname "$0")/../.."
venv=.venv-recipe
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv"
fi
"$venv/bin/pip" install --quiet --requirement models/recipe/requirements.txt
node node_modules/jiti/lib/jiti-cli.mjs tools/tasks/build.ts
cd models
exec "../$venv/bin/python" -m recipe "${@:-all}"
