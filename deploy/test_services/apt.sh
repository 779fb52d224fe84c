# shellcheck shell=bash
# Sourced by the scripts beside it: Debian packages, installed without starting any service.
# Everything is said on stderr; stdout is for results.

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

in_ci() { [[ ${CI:-} == true || ${CI:-} == 1 ]]; }

is_root() { [[ $(id -u) -eq 0 ]]; }

is_debian() {
    command -v apt-get >/dev/null && [[ -r /etc/os-release ]] &&
        [[ $(. /etc/os-release && printf '%s' "${ID:-}") == debian ]]
}

may_install() { is_root && is_debian; }

# apt_knows PACKAGE: whether this machine's package lists offer it.
apt_knows() { [[ -n $(apt-cache show --no-all-versions "$1" 2>/dev/null) ]]; }

# A fresh image has no package lists at all; mosquitto is in every Debian.
apt_refresh_if_empty() { apt_knows mosquitto || apt_refresh; }

apt_refresh() {
    say "Reading Debian's package lists"
    # A foreign archive that does not answer must not stop us: the install below decides.
    apt-get update -qq >&2 || say "warning: apt-get update had errors"
}

# apt_install PACKAGE...: newest versions, no recommends, no service started; speaks only if it fails.
apt_install() (
    local policy=/usr/sbin/policy-rc.d log made=()
    log=$(mktemp)
    made+=("$log")
    trap 'rm -f "${made[@]}"' EXIT
    apt_refresh
    if [[ ! -e $policy ]]; then
        # 101 = "action forbidden": the packages' own scripts then start nothing.
        made+=("$policy")
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    say "Installing $* with apt (up to a few minutes)"
    if ! DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        return 1
    fi
)

# apt_install_postgres PACKAGE...: the same; the packages must not make a database cluster of their own.
apt_install_postgres() (
    local no_cluster=/etc/postgresql-common/createcluster.d/dust-watch.conf
    if [[ ! -e /etc/postgresql-common ]]; then
        trap 'rm -f "$no_cluster"' EXIT
        mkdir -p "${no_cluster%/*}"
        echo 'create_main_cluster = false' >"$no_cluster"
    fi
    apt_install "$@"
)
