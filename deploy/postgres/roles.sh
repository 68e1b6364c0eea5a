#!/bin/sh
# Run once by the PostgreSQL image on an empty volume: the owner of the tables, and the app that owns nothing.
set -eu
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$(cat /run/secrets/owner_password)" \
    --set app_password="$(cat /run/secrets/app_password)" <<'SQL'
CREATE ROLE spojit_owner LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE spojit_app LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'app_password';
CREATE DATABASE spojit OWNER spojit_owner;
REVOKE ALL ON DATABASE spojit, postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE spojit TO spojit_app;
SQL
