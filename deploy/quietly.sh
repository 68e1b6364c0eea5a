#!/bin/sh
# Run a command without its chatter; when it fails, say so in one line: quietly.sh SENTENCE COMMAND…
set -eu
sentence=$1
shift
log=$(mktemp)
trap 'rm -f "$log"; exit 130' INT TERM
if "$@" >"$log" 2>&1; then
    rm -f "$log"
    exit 0
fi
printf '%s (It said: %s; all of it is in %s.)\n' "$sentence" "$(tail -n 1 "$log")" "$log" >&2
exit 1
