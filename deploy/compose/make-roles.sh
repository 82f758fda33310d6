#!/bin/sh
# Written by `npm run parley -- deploy compose` from the definitions of the services; `npm run check` compares.
# In a shell of its own: the server's start script may read this file into itself.
(
  set -eu

  # The password is the one in the service's database URL.
  make_role() {
    url=$(cat "/run/secrets/$3")
    password=${url#*://*:}
    password=${password%%@*}
    psql --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname=parley \
      --set=role="$1" --set=schema="$2" --set=password="$password" <<'SQL'
create role :"role" login password :'password';
create schema :"schema" authorization :"role";
SQL
  }

  make_role gateway_service gateway database-gateway-url
  make_role session_service session database-session-url
  make_role request_service request database-request-url
  make_role response_service response database-response-url
)
