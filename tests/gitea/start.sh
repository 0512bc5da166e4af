#!/usr/bin/env bash
# Runs a real Gitea on the loopback, until it is ended.
#
#   tests/gitea/start.sh DIRECTORY PORT
#
# Everything of it lies in DIRECTORY, which is emptied first: app.ini, the database, the repositories, the log. Two people
# are in it, `author`, who may do everything, and `reviewer`; their tokens are in DIRECTORY/token.NAME, their passwords are
# `password-of-NAME`. It is ready when GET /api/v1/version answers.
set -euo pipefail
gitea=$("$(dirname "${BASH_SOURCE[0]}")/build.sh" --where)
mkdir -p "$1"
place=$(cd "$1" && pwd -P) port=$2
rm -rf "${place:?}"/*
export HOME=$place GITEA_WORK_DIR=$place GIT_CONFIG_NOSYSTEM=1
unset GIT_CONFIG_GLOBAL GIT_DIR GIT_AUTHOR_DATE GIT_COMMITTER_DATE XDG_CONFIG_HOME

cat >"$place/app.ini" <<INI
APP_NAME = rakops
RUN_MODE = prod
RUN_USER = $(id -un)
WORK_PATH = $place
; Without this line root is refused; in a container there may be nobody else.
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true

[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = $port
ROOT_URL = http://127.0.0.1:$port/
STATIC_ROOT_PATH = $gitea
DISABLE_SSH = true
OFFLINE_MODE = true

[database]
DB_TYPE = sqlite3
PATH = $place/gitea.db

[security]
INSTALL_LOCK = true
SECRET_KEY = $("$gitea/gitea" generate secret SECRET_KEY)
INTERNAL_TOKEN = $("$gitea/gitea" generate secret INTERNAL_TOKEN)
PASSWORD_HASH_ALGO = pbkdf2\$1000\$32

[oauth2]
JWT_SECRET = $("$gitea/gitea" generate secret JWT_SECRET)

[repository]
ROOT = $place/repositories

[service]
DISABLE_REGISTRATION = true

[indexer]
ISSUE_INDEXER_TYPE = db

[log]
LEVEL = Warn
MODE = file

[cron]
ENABLED = false

[actions]
ENABLED = false
INI

run() { "$gitea/gitea" --config "$place/app.ini" "$@"; }
run migrate >"$place/migrate.log" 2>&1
for name in author reviewer; do
    kind=()
    [[ $name == reviewer ]] || kind=(--admin)
    run admin user create "${kind[@]}" --username "$name" --email "$name@example.invalid" \
        --password "password-of-$name" --must-change-password=false >"$place/$name.log" 2>&1
    # A warning about root comes before the token, on the same stream.
    run admin user generate-access-token --username "$name" --scopes all --raw 2>/dev/null | tail -n 1 >"$place/token.$name"
done
exec "$gitea/gitea" --config "$place/app.ini" web >"$place/web.log" 2>&1
