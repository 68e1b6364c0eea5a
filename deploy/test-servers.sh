#!/bin/sh
# Get what the tests need besides Python packages: Chromium and MariaDB, by apt when we may.
set -eu
missing=
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v mariadbd >/dev/null 2>&1 || [ -x /usr/sbin/mariadbd ] || missing="$missing mariadb-server"
[ -n "$missing" ] || exit 0
# shellcheck disable=SC2086  # a list of words
sh "$(dirname "$0")/packages.sh" 'The tests need more than Python' $missing
