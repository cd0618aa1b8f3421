#!/usr/bin/env bash
# Runs a command with NATS_URL naming a nats-server with JetStream on a free port that lives as long as the command:
#   Tests/with-nats.sh COMMAND…
set -euo pipefail
folder=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
nats-server -js -a 127.0.0.1 -p "$port" -sd "$folder/store" > "$folder/log" 2>&1 &
server=$!
trap 'kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 100); do
    grep -q "Server is ready" "$folder/log" && break
    kill -0 "$server" 2> /dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
NATS_URL="nats://127.0.0.1:$port" "$@"
