#!/bin/sh
# Get what the tests need besides Python packages: Chromium and MariaDB, by apt when we may.
set -eu

has_library() {
    for folder in /lib /lib/* /lib64 /usr/lib /usr/lib/* /usr/lib64; do
        [ ! -e "$folder/$1" ] || return 0
    done
    return 1
}

missing=
# The program by which Playwright drives the browser is linked with it.
has_library libatomic.so.1 || missing="$missing libatomic1"
command -v chromium-headless-shell >/dev/null 2>&1 || command -v chromium >/dev/null 2>&1 ||
    missing="$missing chromium-headless-shell"
command -v mariadbd >/dev/null 2>&1 || [ -x /usr/sbin/mariadbd ] || missing="$missing mariadb-server"
[ -n "$missing" ] || exit 0
# shellcheck disable=SC2086  # a list of words
sh "$(dirname "$0")/packages.sh" 'The tests need more than Python' $missing
