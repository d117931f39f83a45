#!/bin/sh
# Runs once, when the volume is empty: the functions' role owns its database and nothing else.
set -eu
psql --username=postgres --dbname=postgres --no-password --quiet \
  --set=ON_ERROR_STOP=1 --set=role="$DATABASE_USER" --set=database="$DATABASE_NAME" <<'SQL'
\set password `cat "$PASSWORD_FILE"`
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"database" OWNER :"role";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
SQL
