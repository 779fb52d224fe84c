#!/usr/bin/env bash
# Makes the virtual environment. Usage: venv.sh FOLDER; PYTHON names the interpreter to use.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=apt.sh
. "${BASH_SOURCE[0]%/*}/apt.sh"

folder=$1
readonly OLDEST="3.11"

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    local name
    for name in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11 python3.14; do
        if is_new_enough "$name"; then
            printf '%s' "$name"
            return
        fi
    done
}

describe_python() { "${PYTHON:-python3}" --version 2>/dev/null || printf 'not installed'; }

# The scripts of an environment name its folder: after a move they start nothing.
is_usable() {
    is_new_enough "$folder/bin/python" && [[ -x $folder/bin/pip ]] &&
        [[ $(head -n 1 "$folder/bin/pip") == "#!$PWD/$folder/bin/"* ]]
}

can_make() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

if ! is_usable; then
    python=$(find_python)
    if [[ -z $python ]] && may_install; then
        apt_install python3 python3-venv
        python=$(find_python)
    fi
    [[ -n $python ]] || die "Python $OLDEST or newer is needed; ${PYTHON:-python3} is $(describe_python)." \
        "To name another one: make PYTHON=/path/to/python3"
    if ! can_make "$python"; then
        version=$("$python" -c 'import sys; print("{}.{}".format(*sys.version_info))')
        may_install ||
            die "$python cannot make virtual environments. On Debian: sudo apt-get install python$version-venv"
        apt_install "python$version-venv"
        can_make "$python" || die "$python still cannot make virtual environments; try make PYTHON=/usr/bin/python3"
    fi
    say "Making $folder with $("$python" --version)"
    "$python" -m venv --clear "$folder"
fi
