# The container runtime, asked over its socket: containerd of the distribution, started with directories and a socket
# of its own, and broken in the ways in which runtimes break.
# shellcheck shell=bash disable=SC2154 # binary and work are set by tests/real/run

runtime=$work/containerd
socket=$runtime/containerd.sock

# start_containerd TOML...: starts it with lines of configuration, and waits until it answers at all.
start_containerd() {
    rm -rf "$runtime" && mkdir -p "$runtime" && chmod 755 "$work" "$runtime"
    {
        printf 'version = 2\n'
        [ "${1:-}" = cri-off ] && printf 'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
        printf 'root = "%s/root"\nstate = "%s/state"\n[grpc]\n  address = "%s"\n[ttrpc]\n  address = "%s.ttrpc"\n' \
            "$runtime" "$runtime" "$socket" "$socket"
        case ${1:-} in
            systemd | cgroupfs)
                printf '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\n  runtime_type = "io.containerd.runc.v2"\n'
                printf '  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\n    SystemdCgroup = %s\n' \
                    "$([ "$1" = systemd ] && printf true || printf false)"
                ;;
        esac
    } >"$runtime/config.toml"
    containerd --config "$runtime/config.toml" >"$runtime/log" 2>&1 &
    containerd_id=$!
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        grep -q 'containerd successfully booted' "$runtime/log" && return 0
        kill -0 "$containerd_id" 2>/dev/null || break
        sleep 0.1
    done
    printf '      containerd: %s\n' "$(tail -1 "$runtime/log")"
    kill_containerd
    return 1
}

# kill_containerd: without a chance to remove its socket.
kill_containerd() {
    kill -9 "$containerd_id" 2>/dev/null
    wait "$containerd_id" 2>/dev/null
}

# cri_says WHAT EXPECTED JQ [COMMAND...]: asks, as whoever the command makes us, and compares what jq takes out.
cri_says() {
    local what=$1 expected=$2 filter=$3 found
    shift 3
    found=$("$@" "$runtime_binary" facts --format json "cri:$socket" 2>&1 | jq -r ".facts[0] | $filter" 2>&1)
    if [ "$found" = "$expected" ]; then pass "containerd: $what"; else fail "containerd: $what: $found, expected $expected"; fi
}

# containerd_reads WHAT TOML [TOML]: what containerd itself makes of config.toml and a file that it imports, against the
# program's reading of the same tree.
containerd_reads() {
    local what=$1 root=$runtime.root theirs ours
    rm -rf "$root" && mkdir -p "$root/etc/containerd/conf.d" "$root/usr/bin" && : >"$root/usr/bin/containerd"
    printf '%b' "$2" >"$root/etc/containerd/config.toml"
    [ -z "${3:-}" ] || printf '%b' "$3" >"$root/etc/containerd/conf.d/a.toml"
    if containerd --config "$root/etc/containerd/config.toml" config dump >"$runtime.dump" 2>/dev/null; then
        theirs="loads"
        # What is disabled is not dumped.
        if grep -q '^disabled_plugins = .*"\(io.containerd.grpc.v1.\)\?cri"' "$runtime.dump"; then
            theirs="$theirs, CRI off"
        else
            theirs="$theirs, SystemdCgroup $(awk '$1 == "SystemdCgroup" { print $3; exit }' "$runtime.dump")"
        fi
    else
        theirs="doesn't load"
    fi
    ours=$("$binary" facts --root "$root" --format json containerd | jq -r '.facts[0].value |
        if (.mistakes | length) > 0 then "doesn'"'"'t load"
        elif .cri then "loads, SystemdCgroup \(.systemd_cgroup)" else "loads, CRI off" end')
    if [ "$ours" = "$theirs" ]; then pass "containerd: $what: $ours"; else fail "containerd: $what: $ours, containerd says $theirs"; fi
}

if [ "$(id -u)" != 0 ]; then
    skip "containerd" "needs root to start it"
elif ! need containerd containerd || ! need jq jq || ! command -v setpriv >/dev/null; then
    skip "containerd" "containerd, jq or setpriv is missing and can't be installed"
else
    # A place from which the user nobody may start it.
    runtime_binary=$work/node-preflight-cri
    install -m 755 "$binary" "$runtime_binary"
    as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    options='[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\n  runtime_type = "io.containerd.runc.v2"\n'
    options="${options}[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\n  SystemdCgroup = "
    containerd_reads "an empty file" ''
    containerd_reads "SystemdCgroup" "version = 2\n${options}true\n"
    containerd_reads "SystemdCgroup in an import" 'version = 2\nimports = ["conf.d/a.toml"]\n' "version = 2\n${options}true\n"
    containerd_reads "an import that is not there" 'version = 2\nimports = ["none.toml"]\n'
    containerd_reads "a file of the first version" 'disabled_plugins = ["cri"]\n'
    containerd_reads "a word that is no URI" 'version = 2\ndisabled_plugins = ["cri"]\n'
    containerd_reads "lists that add up" 'version = 2\nimports = ["conf.d/a.toml"]\ndisabled_plugins = ["io.containerd.internal.v1.opt"]\n' \
        'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
    containerd_reads "a syntax error" 'version = \n'
    if start_containerd systemd; then
        version=$(containerd --version | awk '{ sub(/^v/, "", $3); print $3 }')
        cri_says "it is asked, and says who it is" "answers containerd $version v1 true" \
            '.value | "\(.reachable) \(.runtime) \(.version | ltrimstr("v")) \(.api) \(.ready)"'
        cri_says "SystemdCgroup = true is the driver systemd" systemd '.value.cgroup_driver'
        cri_says "no pods, no containers" "0 0 0" '.value | "\(.pods) \(.containers) \(.restarts)"'
        cri_says "without rights it is unknown, not broken" "unknown $socket: permission denied; run as root to ask" \
            '"\(.state) \(.reason)"' "${as_nobody[@]}"
        runtime_strace=$work/trace-cri
        if need strace strace; then
            strace -f -e trace=execve,clone,clone3,fork,vfork,unlink,unlinkat,openat -o "$runtime_strace" \
                "$runtime_binary" facts "cri:$socket" >/dev/null
            if [ "$(grep -c execve "$runtime_strace")" = 1 ] && ! grep -qE 'O_(WRONLY|RDWR|CREAT)|unlink|fork|clone' "$runtime_strace"; then
                pass "containerd: asking starts nothing and writes nothing"
            else
                fail "containerd: asking starts or writes something: $(grep -E 'execve|clone|O_CREAT' "$runtime_strace" | head -3)"
            fi
        fi
        kill_containerd
        cri_says "killed, it leaves a socket without a listener" refused '.value.reachable'
        rm -f "$socket"
        cri_says "without the socket it is absent" absent '.state'
        : >"$socket"
        cri_says "a file in its place is no socket" not-a-socket '.value.reachable'
    else
        fail "containerd doesn't start"
    fi
    if start_containerd cgroupfs; then
        cri_says "SystemdCgroup = false is the driver cgroupfs" cgroupfs '.value.cgroup_driver'
        # Stopped, the kernel still accepts connections for it.
        kill -STOP "$containerd_id"
        cri_says "stopped, it costs the time-out" time-out '.value.reachable'
        kill -CONT "$containerd_id"
        cri_says "and answers again" answers '.value.reachable'
        kill_containerd
    else
        fail "containerd doesn't start with SystemdCgroup = false"
    fi
    if start_containerd cri-off; then
        cri_says "with its CRI plugin disabled it is no runtime" no-runtime '.value.reachable'
        kill_containerd
    else
        fail "containerd doesn't start without its CRI plugin"
    fi
fi
