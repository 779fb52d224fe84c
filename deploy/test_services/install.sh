#!/usr/bin/env bash
# What the tests use beside Python: Mosquitto, Chromium, strace, a Thai font, TimescaleDB and the
# oldest PostgreSQL that we promise to work on.
# Root on Debian installs what is missing, and starts none of it. Anyone else is told what is missing
# and how to get it; the tests that need it then skip. With CI=true a missing service is an error.
set -euo pipefail
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source-path=SCRIPTDIR source=apt.sh
. "$here/apt.sh"

has_program() { command -v "$1" >/dev/null || [[ -x /usr/sbin/$1 ]]; }

has_thai_font() { command -v fc-list >/dev/null && [[ -n $(fc-list :lang=th) ]]; }

# Only Debian 12 has it; elsewhere its tests skip.
has_oldest_postgres() { [[ -x /usr/lib/postgresql/15/bin/postgres ]] || ! apt_knows postgresql-15; }

missing_packages() {
    has_program mosquitto || echo mosquitto
    has_program chromium || echo chromium
    has_program strace || echo strace  # records the spool's writes for the power-cut test
    has_thai_font || echo fonts-thai-tlwg
    # Absent in small images; the TimescaleDB root needs it to leave root, and so do our servers.
    has_program setpriv || echo util-linux
}

missing_postgres() { has_oldest_postgres || echo postgresql-15; }

# A broker that nobody asked for must not come up at the next boot either.
install_missing() {
    apt_install "$@" || return
    if [[ " $* " == *" mosquitto "* ]] && command -v systemctl >/dev/null; then
        systemctl disable --quiet mosquitto.service >&2 || say "warning: mosquitto stays enabled at boot"
    fi
}

mapfile -t missing < <(missing_packages)
failed=0
if [[ ${#missing[@]} -gt 0 ]]; then
    if may_install; then
        install_missing "${missing[@]}" || failed=1
    else
        say "Missing for the tests: ${missing[*]}. On Debian: sudo apt-get install ${missing[*]}"
        failed=1
    fi
fi
! may_install || apt_refresh_if_empty
mapfile -t missing_postgres < <(missing_postgres)
if [[ ${#missing_postgres[@]} -gt 0 ]]; then
    if may_install; then
        apt_install_postgres "${missing_postgres[@]}" || failed=1
    else
        say "Missing for the tests: ${missing_postgres[*]}. On Debian 12: sudo apt-get install" \
            "${missing_postgres[*]}"
        failed=1
    fi
fi
"$here/timescaledb.sh" >/dev/null || failed=1

if [[ $failed -ne 0 ]]; then
    in_ci && die "CI needs every test service"
    say "Tests that need a missing service will be skipped, each with its reason."
fi
