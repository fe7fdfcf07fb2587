# As a normal user, what can't be read is unknown, never a failure of the host.
# shellcheck shell=bash disable=SC2154 # binary and work are set by tests/real/run

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    install -m 755 "$binary" "$work/node-preflight"
    chmod 755 "$work"
    private="$work/private"
    mkdir -p "$private/etc/sysctl.d" && cp /etc/os-release "$private/etc/"
    printf 'net.ipv4.ip_forward = 1\n' >"$private/etc/sysctl.d/50-private.conf"
    chmod 600 "$private/etc/sysctl.d/50-private.conf"
    as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$work/node-preflight" "$@"; }
    found=$(as_nobody facts --root "$private" sysctl:net.ipv4.ip_forward)
    case $found in
        *"unknown"*"50-private.conf"*) pass "a file that can't be read makes unknown what it could decide" ;;
        *) fail "as nobody: $found" ;;
    esac
    as_nobody check >"$work/out" 2>&1
    status=$?
    case $status in 0 | 1 | 3) pass "a normal user gets a verdict" ;; *) fail "as nobody: exit $status: $(tail -2 "$work/out")" ;; esac
else
    skip "rights" "needs root and setpriv to become a normal user"
fi
