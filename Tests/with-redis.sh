#!/usr/bin/env bash
# Runs a command with DRAGONFLYDB_URL naming a redis-server on a free port that lives as long as the command:
#   Tests/with-redis.sh plain|cluster COMMAND…
set -euo pipefail
mode=$1
shift
folder=$(mktemp -d)
# Below the ports of outgoing connections, and with one for the cluster's bus, 10,000 above.
port=$(python3 -c '
import random, socket
while True:
    port = random.randrange(10_000, 22_000)
    try:
        for number in port, port + 10_000:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", number))
    except OSError:
        continue
    print(port)
    break')
options=(--port "$port" --bind 127.0.0.1 --save "" --appendonly no --dir "$folder")
[ "$mode" = cluster ] && options+=(--cluster-enabled yes --cluster-config-file "$folder/nodes.conf")
redis-server "${options[@]}" > "$folder/log" 2>&1 &
server=$!
trap 'kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 100); do
    redis-cli -p "$port" ping 2> /dev/null | grep -q PONG && break
    kill -0 "$server" 2> /dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
if [ "$mode" = cluster ]; then
    redis-cli -p "$port" cluster addslotsrange 0 16383 > /dev/null
    for _ in $(seq 100); do
        redis-cli -p "$port" cluster info | grep -q cluster_state:ok && break
        sleep 0.1
    done
fi
DRAGONFLYDB_URL="127.0.0.1:$port" "$@"
