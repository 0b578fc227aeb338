#!/bin/sh
# install-pgmq.sh VERSION SHA256: make an extension of /tmp/pgmq.sql for every PostgreSQL server here.
set -eu
version=$1
sha256=$2

echo "$sha256  /tmp/pgmq.sql" | sha256sum -c -
installed=
for folder in /usr/share/postgresql/*/extension /usr/local/share/postgresql/extension; do
  [ -d "$folder" ] || continue
  install -m 0644 /tmp/pgmq.sql "$folder/pgmq--$version.sql"
  cat >"$folder/pgmq.control" <<CONTROL
comment = 'A lightweight message queue'
default_version = '$version'
schema = 'pgmq'
relocatable = false
superuser = false
CONTROL
  installed=yes
done
rm /tmp/pgmq.sql
[ -n "$installed" ] || { echo "no PostgreSQL server in this base image" >&2; exit 1; }
