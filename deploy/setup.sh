#!/bin/sh
# Make a Python environment: setup.sh FOLDER REQUIREMENTS. By uv when there is one, else by venv and pip.
set -eu
folder=$1
requirements=$2

stop() {
    printf '%s\n' "$1" >&2
    exit 1
}

if command -v uv >/dev/null 2>&1; then
    [ -x "$folder/bin/python" ] || uv venv --quiet --python '>=3.11' "$folder"
    VIRTUAL_ENV="$folder" uv pip install --quiet --compile-bytecode --requirement "$requirements"
    exit 0
fi

python=
for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null 2>&1 &&
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        python=$name
        break
    fi
done
[ -n "$python" ] || stop "Spojit needs Python 3.11 or later, or uv (https://docs.astral.sh/uv/)."

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    package=python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package"
    else
        stop "Python's venv module is missing: sudo apt-get install $package"
    fi
fi

[ -x "$folder/bin/python" ] && [ -x "$folder/bin/pip" ] || "$python" -m venv --clear "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --requirement "$requirements"
