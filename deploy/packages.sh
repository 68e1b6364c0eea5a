#!/bin/sh
# Install Debian packages when we may, else say which are missing: packages.sh REASON PACKAGE…
set -eu
reason=$1
shift
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    printf '%s: sudo apt-get install %s\n' "$reason" "$*" >&2
    exit 1
fi

# Packages start their services on installation: a machine for tests or a trial wants none.
if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
printf '%s: installing %s.\n' "$reason" "$*" >&2
sh "$(dirname "$0")/quietly.sh" "apt-get could not install $*: is its mirror reachable?" sh -c \
    'apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"' \
    apt-get "$@"
