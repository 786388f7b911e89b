# Sourced by the scripts that set themselves up: `make_venv EXTRAS` makes .venv in the current directory and installs
# the project there, unless that was done since pyproject.toml last changed. `install_packages NAME...` installs
# Debian packages that are missing, as root or through sudo, or says in one line what to run and stops. It starts none
# of their services.

install_packages() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    if [ "$(id -u)" -eq 0 ]; then as_root=
    elif command -v sudo >/dev/null 2>&1; then as_root=sudo
    else
        echo "Please run as root, then start this again: apt-get install$missing" >&2
        exit 1
    fi
    echo "Installing$missing ..." >&2
    # shellcheck disable=SC2086  # a list of package names
    $as_root sh -c "$install_without_services" sh $missing
}

# Some packages bring a service, and Debian starts it: a name server that nobody asked for. So a policy forbids starting
# for the time of the installation, and what was installed is not to start with the system either.
install_without_services='
    set -e
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap "rm -f $policy" EXIT
        trap "exit 1" HUP INT TERM
        printf "#!/bin/sh\nexit 101\n" >"$policy"
        chmod 755 "$policy"
    fi
    apt-get update -qq >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
    units=$(dpkg -L "$@" | sed -n "s|^.*/lib/systemd/system/\([^@]*\.service\)\$|\1|p" | sort -u)
    if [ -n "$units" ] && command -v systemctl >/dev/null; then
        systemctl --quiet disable $units 2>/dev/null || true
    fi
'

# `unpack_packages DIRECTORY NAME...` puts the files of Debian packages there, and installs but the libraries that they
# need: so no service starts, none is asked about, and two that exclude each other stand side by side.
unpack_packages() {
    directory=$1
    shift
    [ "$(cat "$directory/unpacked" 2>/dev/null)" = "$*" ] && return 0
    rm -rf "$directory"
    mkdir -p "$directory/archives"
    # shellcheck disable=SC2046  # a list of package names
    install_packages $(apt-cache depends --important "$@" | sed -n 's/^ *Depends: \(lib[^ ]*\)$/\1/p' | sort -u)
    echo "Unpacking $* ..." >&2
    (cd "$directory/archives" && apt-get download -qq "$@" >/dev/null 2>&1) || return 1
    for archive in "$directory"/archives/*.deb; do
        dpkg -x "$archive" "$directory" || return 1
    done
    rm -r "$directory/archives"
    echo "$*" >"$directory/unpacked"
}

find_python() {
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$python" >/dev/null 2>&1 && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            return 0
        fi
    done
    echo "Python 3.11 or newer is needed: apt-get install python3" >&2
    exit 1
}

make_venv() {
    extras=$1
    stamp=.venv/installed$(printf %s "$extras" | tr -c 'a-z' '-')
    if [ -x .venv/bin/mailcheck ] && [ "$stamp" -nt pyproject.toml ]; then
        return 0
    fi
    find_python
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        install_packages python3-venv
    fi
    [ -x .venv/bin/pip ] || "$python" -m venv --clear .venv
    echo "Installing the Python packages into .venv ..." >&2
    .venv/bin/pip install --quiet --disable-pip-version-check --editable ".$extras"
    touch "$stamp"
}
