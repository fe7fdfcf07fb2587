# Random file trees: what the program predicts of them, against what the system's own tools make of them.
# SEED=7 takes other trees, TREES=2000 that many for each tool.
# shellcheck shell=bash disable=SC2154 # work is set by tests/real/run

if [ "$(id -u)" != 0 ] || ! unshare --mount --net true 2>/dev/null; then
    skip "random trees" "needs root and namespaces"
elif ! need modprobe kmod || ! need ip iproute2; then
    skip "random trees" "kmod or ip is missing and can't be installed"
elif ! cargo test --locked --quiet --test differential --no-run 2>"$work/err"; then
    fail "random trees: $(tail -3 "$work/err")"
else
    cargo test --locked --quiet --test differential >"$work/out" 2>"$work/err"
    status=$?
    cat "$work/out"
    skipped=$((skipped + $(grep -c '^skip' "$work/out")))
    [ "$status" = 0 ] || fail "random trees: the program disagrees with a tool of the system"
fi
