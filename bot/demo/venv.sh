# Sourced by the scripts that set themselves up: `make_venv EXTRAS` makes .venv in the current directory and installs
# the project there, unless that was done since pyproject.toml last changed. `install_packages NAME...` installs
# Debian packages that are missing, as root or through sudo, or says in one line what to run and stops.

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
    $as_root apt-get update -qq >/dev/null
    # shellcheck disable=SC2086  # a list of package names
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
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
