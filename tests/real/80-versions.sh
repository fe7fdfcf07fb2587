# Versions of programs from their files and packages, against what the programs say of themselves. The packages are
# unpacked into a root of their own; nothing is installed.
# shellcheck shell=bash disable=SC2154 # binary and work are set by tests/real/run

packages="containerd runc crun conmon kubernetes-client"

# download PACKAGE: its .deb, into the current directory.
download() {
    apt-get download "$1" >"$work/apt" 2>&1 || { apt-get update && apt-get download "$1"; } >"$work/apt" 2>&1
}

# told ROOT PROGRAM: version, source and confidence.
told() {
    "$binary" facts --root "$1" --format json "program:$2" |
        jq -r '.facts[0] | "\(.value.version // "unknown") \(.value.source // "unknown") \(.confidence)"'
}

# leading VERSION: its numbers.
leading() {
    printf '%s' "$1" | sed -E 's/^v?([0-9.]*[0-9]).*/\1/'
}

if ! command -v dpkg-deb >/dev/null || ! command -v apt-get >/dev/null; then
    skip "versions" "no dpkg-deb and apt-get on this machine"
elif ! need jq jq; then
    skip "versions" "jq is missing and can't be installed"
else
    debs=$work/debs
    bare=$work/bare     # the files alone
    whole=$work/whole   # with dpkg's database
    mkdir -p "$debs" "$bare" "$whole/var/lib/dpkg/info"
    missing=
    for package in $packages; do
        (cd "$debs" && download "$package") || { missing=$package && break; }
        deb=$(echo "$debs/${package}"_*.deb)
        dpkg-deb -x "$deb" "$bare" && dpkg-deb -x "$deb" "$whole"
        { dpkg-deb -f "$deb" Package Architecture Version && printf 'Status: install ok installed\n\n'; } >>"$whole/var/lib/dpkg/status"
        dpkg-deb --fsys-tarfile "$deb" | tar -t | sed -E 's|^\.||; s|(.)/$|\1|' >"$whole/var/lib/dpkg/info/$package.list"
    done

    if [ -n "$missing" ]; then
        skip "versions" "the package $missing can't be downloaded: $(tail -1 "$work/apt")"
    else
        # Those that are built with Go start from where they were unpacked.
        containerd=$("$bare/usr/bin/containerd" --version | awk '{ print $3 }')
        runc=$("$bare/usr/sbin/runc" --version | awk 'NR == 1 { print $3 }')
        kubectl=$("$bare/usr/bin/kubectl" version --client 2>/dev/null | grep -oE 'v[0-9]+\.[0-9]+\.[0-9]+[^", ]*' | head -1)
        if [ -z "$containerd" ] || [ -z "$runc" ] || [ -z "$kubectl" ]; then
            fail "versions: a program doesn't tell its own"
        fi

        for program in "containerd $containerd" "runc $runc"; do
            name=${program% *} version=${program#* }
            found=$(told "$whole" "$name")
            if [ "${found%% *}" = "$version" ]; then
                pass "$name: $found, as it says itself"
            else
                fail "$name: $found, it says $version"
            fi
        done
        for name in crun conmon; do
            version=$(leading "$(dpkg-deb -f "$debs/$name"_*.deb Version)")
            said=$("$bare/usr/bin/$name" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9.]*[0-9]' | head -1)
            # Where its libraries are missing, it can't start.
            if [ -n "$said" ]; then who="it says itself"; else who="its package says" && said=$version; fi
            found=$(told "$whole" "$name")
            if [ "$(leading "${found%% *}")" = "$said" ]; then
                pass "$name: $found, as $who"
            else
                fail "$name: $found, not $said"
            fi
        done

        # Kubernetes' own programs are built with -trimpath, and then have no -ldflags in their build information; Debian's
        # have. Without that word the variables are left, in a stripped program. The version of Debian's package is a trap.
        data=$work/data
        mkdir -p "$data/usr/bin"
        LC_ALL=C sed 's/-ldflags=/-xdflags=/g' "$bare/usr/bin/kubectl" >"$data/usr/bin/kubectl"
        chmod 755 "$data/usr/bin/kubectl"
        "$binary" facts --root "$data" program:kubectl | grep -q 'recognised by the commit' || fail "kubectl without -ldflags"
        for root in "$bare" "$whole" "$data"; do
            found=$(told "$root" kubectl)
            if [ "${found%% *}" = "${kubectl#v}" ] && [[ $found = *" binary "* ]]; then
                pass "kubectl: $found, as it says itself ($(basename "$root"))"
            else
                fail "kubectl: $found, it says $kubectl"
            fi
        done

        # What tells nothing is unknown, never guessed: Debian's build leaves the settings of the linker out, and C says nothing.
        for name in containerd runc crun conmon; do
            found=$(told "$bare" "$name")
            if [[ $found = "unknown unknown "* ]]; then
                pass "$name without its package: unknown"
            else
                fail "$name without its package: $found"
            fi
        done

        # The distribution's crun and conmon, beside a CRI-O that writes for a newer runtime: Debian 12's crun refuses all it writes.
        mkdir -p "$whole/usr/bin" "$whole/etc/crio"
        for name in crio pinns nsenter nft; do printf x >"$whole/usr/bin/$name" && chmod 755 "$whole/usr/bin/$name"; done
        printf 'Package: cri-o\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.34.1-1.1\n\n' >>"$whole/var/lib/dpkg/status"
        echo /usr/bin/crio >"$whole/var/lib/dpkg/info/cri-o.list"
        for demand in "crun 1.14.3" "conmon 2.1.2"; do
            name=${demand% *} least=${demand#* }
            version=$(leading "$(dpkg-deb -f "$debs/$name"_*.deb Version)")
            if dpkg --compare-versions "$version" ge "$least"; then expected=pass; else expected=fail; fi
            found=$("$binary" --root "$whole" --root-partial --profile crio --only "$name-new-enough" --format json |
                jq -r --arg rule "$name-new-enough" '.findings[] | select(.rule == $rule) | .boot.verdict')
            if [ "$found" = "$expected" ]; then
                pass "$name $version beside CRI-O 1.34: $found"
            else
                fail "$name $version beside CRI-O 1.34: $found, expected $expected"
            fi
        done

        # A newer package that did not replace the file: what runs is the file.
        sed -i 's/^Version: .*really.*/Version: 1.34.1-1.1/' "$whole/var/lib/dpkg/status"
        note=$("$binary" facts --root "$whole" --format json program:kubectl | jq -r '.facts[0] | .value.version, .notes[]?')
        if [[ $note = "${kubectl#v}"$'\n'*1.34.1*replaced* ]]; then
            pass "kubectl beside another package's version: the file wins"
        else
            fail "kubectl beside another package's version: $note"
        fi

        if need strace strace; then
            mv "$data/usr/bin/kubectl" "$bare/usr/bin/kubectl"
            strace -f -y -e trace=pread64,read -o "$work/trace" "$binary" facts --root "$bare" program:containerd program:kubectl >"$work/out"
            bytes=$(grep -E '/(containerd|kubectl)>' "$work/trace" | sed -nE 's/.* = ([0-9]+)$/\1/p' | awk '{ sum += $1 } END { print sum }')
            size=$(cat "$bare"/usr/bin/{containerd,kubectl} | wc -c)
            if [ "${bytes:-0}" -gt 0 ] && [ "$bytes" -lt 4000000 ]; then
                pass "of $size bytes $bytes are read"
            else
                fail "of $size bytes ${bytes:-0} are read"
            fi
        else
            skip "bytes read" "strace is missing and can't be installed"
        fi
    fi
fi
