#!/bin/sh
# Make the secrets of docker-compose.yml, once: deploy/secrets.sh [FOLDER]. What is there is kept.
# The folder is private; the files in it are readable, because containers run as another user.
set -eu
folder=${1:-secrets}
mkdir -p "$folder"
chmod 700 "$folder"

make_secret() {
    [ -s "$folder/$1" ] && return
    printf '%s' "$2" >"$folder/$1"
    chmod 644 "$folder/$1"
    printf 'made %s/%s\n' "$folder" "$1"
}

random() { openssl rand -hex 24; }

make_secret secret_key "$(openssl rand -base64 48 | tr -d '\n')"
make_secret root_keys "main:$(openssl rand -base64 32 | tr -d '\n')"
make_secret postgres_password "$(random)"
make_secret owner_password "$(random)"
make_secret app_password "$(random)"
make_secret redis_password "$(random)"
make_secret database_url "postgresql://spojit_app:$(cat "$folder/app_password")@postgres:5432/spojit"
make_secret migration_database_url \
    "postgresql://spojit_owner:$(cat "$folder/owner_password")@postgres:5432/spojit"
make_secret redis_url "redis://:$(cat "$folder/redis_password")@redis:6379/0"
printf 'Keep a copy of %s/root_keys apart from the backups of the database: without it nothing sealed opens.\n' "$folder"
