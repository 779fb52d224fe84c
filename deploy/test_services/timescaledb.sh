#!/usr/bin/env bash
# Prints the root folder under which /usr/lib/postgresql/17/bin/postgres can load TimescaleDB:
# "/" when this machine has the package, else a Debian 13 in the cache folder (to be used by chroot).
# Without --find it is made when missing; with --find it is only looked for (exit 1: not there).
# DUST_CACHE: the cache folder. DUST_DEBIAN_MIRROR: an archive to use in place of apt's own.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=apt.sh
. "${BASH_SOURCE[0]%/*}/apt.sh"

readonly PACKAGE=postgresql-17-timescaledb
readonly SUITE=trixie
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
readonly NO_CLUSTER=/etc/postgresql-common/createcluster.d/dust-watch.conf
cache=${DUST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dust-watch}
root=$cache/timescaledb-$SUITE

is_complete() {
    [[ -x $1/usr/lib/postgresql/17/bin/postgres && -e $1/usr/lib/postgresql/17/lib/timescaledb.so ]]
}

print_if_there() {
    local folder
    for folder in / "$root"; do
        if is_complete "$folder"; then
            printf '%s\n' "$folder"
            return 0
        fi
    done
    return 1
}

# Where this machine gets Debian from, whichever way its sources are written.
debian_mirror() {
    if [[ -n ${DUST_DEBIAN_MIRROR:-} ]]; then
        printf '%s\n' "$DUST_DEBIAN_MIRROR"
        return
    fi
    # The names in $(...) are apt's, not the shell's. Debian's security archive has another label.
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' |
        awk '!/^cdrom:/ && !seen { print; seen = 1 }'
}

# Proxies are the one part of the host's apt configuration that a new root has to share.
proxy_options() {
    local scheme address
    for scheme in http https; do
        address=
        eval "$(apt-config shell address "Acquire::$scheme::Proxy")"
        [[ -z $address ]] || printf '%s\n' "--aptopt=Acquire::$scheme::Proxy \"$address\""
    done
}

remove_half_root() {
    if grep -qsF " $1/" /proc/mounts; then
        say "warning: $1 has mounts left in it and stays"
        return
    fi
    rm -rf --one-file-system "$1"
}

make_root() {
    local mirror half options
    # An early Debian 12 has the keyring without Debian 13's keys: the newest is asked for by name.
    apt_install mmdebstrap debian-archive-keyring
    mirror=$(debian_mirror)
    [[ -n $mirror ]] || die "apt has no source of Debian's main archive; name one in DUST_DEBIAN_MIRROR"
    mapfile -t options < <(proxy_options)
    half=$(mktemp -d "$root.XXXXXX")
    # shellcheck disable=SC2064 # the name of now, not of then
    trap "remove_half_root '$half'" EXIT
    chmod 755 "$half"
    say "Making a Debian 13 with TimescaleDB in $root (once; about half a minute)"
    # Debian's own keys vouch for the archive, whatever the host trusts.
    mmdebstrap --quiet --variant=essential --include="$PACKAGE" --keyring="$KEYRING" \
        --essential-hook="mkdir -p \"\$1${NO_CLUSTER%/*}\"" \
        --essential-hook="echo create_main_cluster = false >\"\$1$NO_CLUSTER\"" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        ${options[@]+"${options[@]}"} "$SUITE" "$half" "$mirror" </dev/null >&2
    is_complete "$half" || die "the new root in $half holds no TimescaleDB"
    mv -T "$half" "$root"
    trap - EXIT
}

# One at a time: a second caller waits, and then finds the root. What an interrupted run left goes.
make_root_alone() {
    local left
    mkdir -p "$cache"
    exec 9>"$root.lock"
    flock 9
    print_if_there >/dev/null && return
    for left in "$root".??????; do
        [[ ! -d $left ]] || remove_half_root "$left"
    done
    make_root 9>&-
}

print_if_there && exit 0
[[ ${1:-} != --find ]] || exit 1
may_install || die "TimescaleDB is missing. On Debian 13: sudo apt-get install $PACKAGE;" \
    "on Debian 12: sudo $0"
apt_refresh_if_empty
if apt_knows "$PACKAGE"; then
    apt_install_postgres "$PACKAGE"
else
    make_root_alone
fi
print_if_there
