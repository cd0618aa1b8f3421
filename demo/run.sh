#!/bin/sh
# Starts the demo shop and the gate in front of it, from the folder of built programs given; Ctrl-C stops both.
set -eu
cd "$(dirname "$0")/.."
programs=${1:-.build/release}
shop_port=9000

stop() {
    trap - INT TERM EXIT
    kill "$gate" "$shop" 2>/dev/null || true
    wait "$gate" "$shop" 2>/dev/null || true
}

shop= gate=
trap 'stop; exit 0' INT TERM
trap stop EXIT

"$programs/demo-shop" --host 127.0.0.1 --port "$shop_port" &
shop=$!
"$programs/anteroom" run --config config/demo.yml &
gate=$!

# The gate says by itself why it cannot start; then there is nothing to print.
sleep 1
kill -0 "$shop" 2>/dev/null || { echo "The demo shop did not start." >&2; exit 1; }
kill -0 "$gate" 2>/dev/null || exit 1

cat <<TEXT

  The shop behind the gate   http://localhost:8080/
  The shop by itself         http://localhost:$shop_port/
  The dashboard              http://localhost:9090/ (its key: the third word of var/demo/keys/admin.keys)
  Metrics                    http://localhost:9090/metrics

The room has two slots. Open the first address in two browsers (or one and a private window; each needs cookies of its
own): both are in. A third waits, sees its place, and is let in when one of the first two checks out.
Edit config/demo.yml while this runs: max_active_users, or status: paused. Or pause the room from another terminal:

    $programs/anteroom rooms pause concert-tickets --config config/demo.yml

Ctrl-C stops both.

TEXT

while kill -0 "$shop" 2>/dev/null && kill -0 "$gate" 2>/dev/null; do sleep 1; done
echo "One of the two has ended." >&2
exit 1
