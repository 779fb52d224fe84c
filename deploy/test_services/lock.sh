#!/usr/bin/env bash
# Writes requirements.lock anew, with the newest versions that pyproject.toml allows.
set -euo pipefail
here=${BASH_SOURCE[0]%/*}
readonly FOLDER=.cache/lock

# Every requirement by name, extras and build system included. The project itself is left out: as one
# extra takes in another, it would stand in its own lock, by the name of this machine's folder.
named_requirements() {
    "$FOLDER/bin/python" - pyproject.toml <<'PYTHON'
import re, sys, tomllib

with open(sys.argv[1], "rb") as file:
    pyproject = tomllib.load(file)
project = pyproject["project"]
named = pyproject["build-system"]["requires"] + project["dependencies"]
named += [line for extra in project["optional-dependencies"].values() for line in extra]
own = re.compile(re.escape(project["name"]) + r"\s*(\[|$)")
print("\n".join(sorted({line for line in named if not own.match(line)})))
PYTHON
}

"$here/venv.sh" "$FOLDER"
"$FOLDER/bin/python" -m pip install --quiet 'pip-tools>=7.5'
named_requirements >"$FOLDER/pyproject.in"
cd "$FOLDER"
CUSTOM_COMPILE_COMMAND='make lock' bin/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe \
    --strip-extras --no-emit-options --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
    --output-file requirements.lock pyproject.in
cd - >/dev/null
# An address or a folder in the lock would bind everyone to the machine that wrote it.
if grep -nE '://|^-' "$FOLDER/requirements.lock"; then
    echo "error: the lock names an address; requirements.lock was not touched" >&2
    exit 1
fi
mv "$FOLDER/requirements.lock" requirements.lock
