# kubeadm's own preflight beside the program on the same mutated states of this machine, in namespaces of their own:
# what kubeadm reports, the program reports too, unless the table says why not. kubeadm is built from Debian's source
# (1.20.2, the last in Debian), once.
# shellcheck shell=bash disable=SC2154 # binary and work are set by tests/real/run

kubeadm=target/kubeadm/kubeadm
table=docs/kubeadm.md

# built: makes $kubeadm; the reason on failure.
built() {
    [ -x "$kubeadm" ] && return 0
    local dir=$work/kubernetes apt=() go=/usr/lib/go-1.19/bin/go src
    src=$dir/go/src/k8s.io/kubernetes
    mkdir -p "$dir/lists" "$src" target/kubeadm
    local mirror suite
    # shellcheck disable=SC2016 # apt-get puts its own values in
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m1 -E 'debian/?$')
    # shellcheck disable=SC2016 # apt-get puts its own values in
    suite=$(apt-get indextargets --format '$(CODENAME)' "Created-By: Packages" 2>/dev/null | head -1)
    [ "$suite" = bookworm ] || { echo "this is Debian's ${suite:-unknown release}, not bookworm"; return 1; }
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm main" >"$dir/sources.list"
    apt=(-o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$dir/lists")
    { apt-get "${apt[@]}" update && (cd "$dir" && apt-get "${apt[@]}" source --download-only kubernetes); } >"$work/apt" 2>&1 ||
        { echo "the source can't be downloaded: $(tail -1 "$work/apt")"; return 1; }
    need "$go" golang-1.19-go || { echo "golang-1.19-go can't be installed"; return 1; }
    tar -xzf "$dir"/kubernetes_*.orig.tar.gz -C "$src" --strip-components 1 || return 1
    local version=k8s.io/component-base/version
    GOPATH=$dir/go GO111MODULE=off GOFLAGS="" GOCACHE=$dir/cache CGO_ENABLED=0 "$go" build -trimpath -o "$PWD/$kubeadm" \
        -ldflags "-s -w -X $version.gitVersion=v1.20.2 -X $version.gitMajor=1 -X $version.gitMinor=20" \
        k8s.io/kubernetes/cmd/kubeadm >"$work/go" 2>&1 || { echo "it can't be built: $(tail -1 "$work/go")"; return 1; }
}

# Inside the namespaces: a machine as kubeadm likes it, as far as this one can be. Then the mutation, then both.
cat >"$work/judge" <<'JUDGE'
set -eu
work=$1 binary=$2 kubeadm=$3
ip link set lo up
ip link add v0 type veth peer name v1
ip address add 192.168.45.2/24 dev v0
ip link set v0 up && ip link set v1 up
ip route add default via 192.168.45.1
hostname node1
mkdir -p "$work/layer" && mount -t tmpfs none "$work/layer"
root=$work/layer/root
mkdir -p "$work/layer/upper" "$work/layer/work" "$root"
mount -t overlay none -o "lowerdir=/,upperdir=$work/layer/upper,workdir=$work/layer/work" "$root"
for directory in proc sys dev; do mount --rbind "/$directory" "$root/$directory"; done
mount -t tmpfs none "$root/run" && mkdir -p "$root/run/systemd/system"
mkdir -p "$root$work" && mount --bind "$work" "$root$work"
cp "$binary" "$root/usr/local/bin/node-preflight" && cp "$kubeadm" "$root/usr/local/bin/kubeadm"
exec chroot "$root" bash "$work/inside" "$work"
JUDGE
cat >"$work/inside" <<'JUDGE'
set -eu
work=$1
# A machine of its own, no container, that boots with systemd.
rm -f /.dockerenv /run/.containerenv
mkdir -p /etc/sysctl.d /etc/systemd/system /usr/lib/systemd
[ -e /sbin/init ] || ln -s /lib/systemd/systemd /sbin/init
put() { cat >"$work/over.$1" && mount --bind "$work/over.$1" "$2"; }
echo root=/dev/vda ro | put cmdline /proc/cmdline
printf 'Filename Type Size Used Priority\n' | put swaps /proc/swaps
printf '127.0.0.1 localhost\n192.168.45.2 node1\n' >/etc/hosts
printf 'UUID=1 / ext4 defaults 0 1\n' >/etc/fstab
program() { printf '#!/bin/sh\n%s\n' "$2" >"/usr/local/bin/$1" && chmod 755 "/usr/local/bin/$1"; }
for name in conntrack crictl ebtables ethtool iptables socat; do program "$name" 'exit 0'; done
program kubelet 'echo Kubernetes v1.20.2'
printf '[Service]\nExecStart=/usr/local/bin/kubelet\n[Install]\nWantedBy=multi-user.target\n' >/etc/systemd/system/kubelet.service
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s ../kubelet.service /etc/systemd/system/multi-user.target.wants/kubelet.service
printf 'net.ipv4.ip_forward = 1\n' >/etc/sysctl.d/99-kubernetes.conf
echo 1 >/proc/sys/net/ipv4/ip_forward
set +e
listen() { # PROTOCOL ADDRESS PORT
    perl -e 'use IO::Socket::IP; my ($p, $a, $n) = @ARGV; my $s = IO::Socket::IP->new(Proto => $p, LocalAddr => $a, LocalPort => $n, ($p eq "tcp" ? (Listen => 1) : ())) or exit 1; open my $f, ">", "/dev/stdout"; print $f "ready\n"; close $f; close STDOUT; sleep 600' \
        "$@" >"$work/listens" &
    listener=$!
    until grep -q ready "$work/listens" 2>/dev/null || ! kill -0 $listener 2>/dev/null; do :; done
}
listener= one_cpu=
cat >"$work/init.yaml" <<'CONFIG'
apiVersion: kubeadm.k8s.io/v1beta2
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: 192.168.45.2
nodeRegistration:
  name: node1
  criSocket: /run/crio/crio.sock
---
apiVersion: kubeadm.k8s.io/v1beta2
kind: ClusterConfiguration
kubernetesVersion: v1.20.2
CONFIG
eval "$MUTATION" >/dev/null
$one_cpu kubeadm init phase preflight --config "$work/init.yaml" >"$work/kubeadm.out" 2>&1
{
    grep -oE '\[(ERROR|WARNING) [^]]+\]' "$work/kubeadm.out"
    grep -q 'Invalid value' "$work/kubeadm.out" && echo 'no check: it refuses the configuration'
} | sort -u >"$work/kubeadm.names"
$one_cpu node-preflight check --profile kubeadm-init --format json 2>"$work/own.err" |
    jq -r '.findings[] | . as $f | (["now", "boot"] | map(select($f[.].verdict == "fail"))) as $at | select($at | length > 0) | "\($f.rule) (\($at | map(if . == "boot" then "after reboot" else . end) | join(", ")))"' | sort >"$work/own.names"
[ -n "$listener" ] && kill $listener
exit 0
JUDGE

# both MUTATION: the names of kubeadm and of the program, in $work/kubeadm.names and $work/own.names.
both() {
    MUTATION=$1 unshare --mount --net --uts -- bash "$work/judge" "$work" "$binary" "$kubeadm" 2>"$work/judge.err" ||
        { tail -3 "$work/judge.err" >&2; return 1; }
}

if [ "$(id -u)" != 0 ] || ! unshare --mount --net --uts true 2>/dev/null; then
    skip "kubeadm" "needs root and namespaces"
elif ! need jq jq || ! need ip iproute2 || ! need perl perl-base || ! need taskset util-linux; then
    skip "kubeadm" "jq, ip, perl or taskset is missing and can't be installed"
elif ! reason=$(built); then
    skip "kubeadm" "$reason"
elif ! both ':'; then
    fail "kubeadm: the machine can't be set up in namespaces"
else
    cp "$work/kubeadm.names" "$work/kubeadm.base" && cp "$work/own.names" "$work/own.base"
    sed -E '/^<!-- rows -->$/q' "$table" >"$work/table"
    # what the state is | the mutation
    while IFS='|' read -r state mutation; do
        [ -n "$state" ] || continue
        both "$mutation" || { fail "kubeadm: $state"; continue; }
        theirs=$(comm -23 "$work/kubeadm.names" "$work/kubeadm.base" | tr -d '[]' | paste -sd';' | sed 's/;/; /g')
        ours=$(comm -23 "$work/own.names" "$work/own.base" | paste -sd';' | sed 's/;/; /g')
        printf '| %s | %s | %s |\n' "$state" "${theirs:-nothing}" "${ours:-nothing}" >>"$work/table"
    done <"tests/real/kubeadm.states"
    if [ -n "${KUBEADM_TABLE:-}" ]; then
        cp "$work/table" "$table"
    fi
    if diff -u "$table" "$work/table" >"$work/diff"; then
        pass "kubeadm 1.20.2 beside the program: $(grep -cv '^$' tests/real/kubeadm.states) states as docs/kubeadm.md says"
    else
        cat "$work/diff"
        fail "kubeadm: docs/kubeadm.md says otherwise (KUBEADM_TABLE=overwrite writes it anew)"
    fi
fi
