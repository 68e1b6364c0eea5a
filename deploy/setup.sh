#!/bin/sh
# Make a Python environment: setup.sh FOLDER REQUIREMENTS. By uv when there is one, else by venv and pip,
# which begins by fetching uv.
set -eu
folder=$1
requirements=$2
here=$(dirname "$0")
unreachable="The packages of $requirements could not be installed: is PyPI reachable?"

quietly() { sh "$here/quietly.sh" "$@"; }

printf 'Setting up %s: some minutes the first time.\n' "$folder" >&2
if command -v uv >/dev/null 2>&1; then
    [ -x "$folder/bin/python" ] ||
        quietly "uv could not make $folder." env UV_VENV_CLEAR=1 uv venv --quiet --python '>=3.11' "$folder"
    quietly "$unreachable" env VIRTUAL_ENV="$folder" \
        uv pip install --quiet --requirement "$requirements"
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
if [ -z "$python" ]; then
    printf 'Spojit needs Python 3.11 or later, or uv (https://docs.astral.sh/uv/).\n' >&2
    exit 1
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    sh "$here/packages.sh" "Python's venv module is missing" \
        "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
fi
[ -x "$folder/bin/python" ] && [ -x "$folder/bin/pip" ] ||
    quietly "Python could not make $folder." "$python" -m venv --clear "$folder"
# pip fetches uv, which does the rest in a tenth of pip's time; where it cannot, pip does it all.
if "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 uv >/dev/null 2>&1 &&
    UV_HTTP_TIMEOUT=180 "$folder/bin/uv" pip install --quiet --native-tls --no-deps \
        --python "$folder/bin/python" --requirement "$requirements" >/dev/null 2>&1; then
    exit 0
fi
quietly "$unreachable" "$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
    --no-deps --requirement "$requirements"
