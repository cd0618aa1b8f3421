#!/bin/sh
# Fuzzes each parser in turn, FUZZ_SECONDS in all; new inputs are kept below .build-fuzz. Ends with 1 at the first finding.
set -eu
cd "$(dirname "$0")/.."
targets="request response chunked path cookies headers proxy http2"
seconds=$((${FUZZ_SECONDS:-300} / 8))
for target in $targets; do
    found=.build-fuzz/found/$target
    mkdir -p "$found"
    echo "== $target, $seconds s"
    # Leaks: not looked for, as the search stops each process. Symbols: looking them up can take minutes.
    if ! ASAN_OPTIONS=detect_leaks=0:symbolize=0 .build-fuzz/release/HTTPWireFuzz "$found" "Fuzz/corpus/$target" \
        -max_total_time="$seconds" -max_len=512 -timeout=20 -dict=Fuzz/http.dict -artifact_prefix="$found-finding-" \
        -verbosity=1 -print_final_stats=1 -ignore_remaining_args=1 "$target" >"$found.log" 2>&1 </dev/null; then
        grep -E "Fatal error|ERROR|Test unit" "$found.log" || tail -n 20 "$found.log"
        echo "Repeat: .build-fuzz/release/HTTPWireFuzz $(ls "$found"-finding-* | tail -n 1) -ignore_remaining_args=1 $target"
        exit 1
    fi
    grep -E "cov: " "$found.log" | tail -n 1
    grep -E "number_of_executed_units|average_exec_per_sec" "$found.log"
done
