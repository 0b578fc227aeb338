#!/bin/sh
# start-database.sh postgres [ARGUMENT…]: start PostgreSQL, on a fresh volume with the role
# POSTGRES_USER (a superuser), its password POSTGRES_PASSWORD and the database POSTGRES_DB.
#
# The official image has an entrypoint that does all this and is used where it is there. A plain
# Debian with PostgreSQL from its archive has none, and gets the part of it that tests need.
set -eu

if command -v docker-entrypoint.sh >/dev/null; then
  exec docker-entrypoint.sh "$@"
fi

for bin in /usr/lib/postgresql/*/bin; do
  PATH=$bin:$PATH
done
export PATH
data=${PGDATA:-/var/lib/postgresql/data}
: "${POSTGRES_USER:=postgres}" "${POSTGRES_PASSWORD:?is the password of the role POSTGRES_USER}"
: "${POSTGRES_DB:=$POSTGRES_USER}"

as_postgres() {
  setpriv --reuid postgres --regid postgres --init-groups env HOME=/var/lib/postgresql "$@"
}

if [ ! -s "$data/PG_VERSION" ]; then
  install -d -o postgres -g postgres -m 0700 "$data"
  # In a file of its own for a moment, because arguments can be read by every process.
  password=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" >"$password"
  chown postgres "$password"
  as_postgres initdb --pgdata "$data" --username "$POSTGRES_USER" --pwfile "$password" \
    --encoding UTF8 --locale C.UTF-8 --auth-local trust --auth-host scram-sha-256 --no-sync
  rm "$password"
  echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
  # Single-user mode, so that no temporary server answers before the database is there.
  if [ "$POSTGRES_DB" != postgres ]; then
    name=$(printf %s "$POSTGRES_DB" | sed 's/"/""/g')
    echo "CREATE DATABASE \"$name\"" | as_postgres postgres --single -j -D "$data" postgres
  fi
fi

exec setpriv --reuid postgres --regid postgres --init-groups \
  env HOME=/var/lib/postgresql "$@" -D "$data" -c listen_addresses='*'
