#!/usr/bin/env bash
# What set-up itself needs. Usage: prerequisites.sh [make] [npm]
# Root on Debian installs what is missing; anyone else is told the command.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=apt.sh
. "${BASH_SOURCE[0]%/*}/apt.sh"

missing=()
for program in "$@"; do
    command -v "$program" >/dev/null || missing+=("$program")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

# Debian's npm brings nodejs; other sources of npm are found by the look-up above.
may_install || die "missing: ${missing[*]}. On Debian: sudo apt-get install ${missing[*]}"
apt_install "${missing[@]}"
