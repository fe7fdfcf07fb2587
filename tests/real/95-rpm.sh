# RPM's database as the rpm of this machine writes it, against what rpm says of its packages. They are made here and
# written into a database of their own; nothing is installed.
# shellcheck shell=bash disable=SC2154 # binary and work are set by tests/real/run

# rpm_package NAME VERSION RELEASE FILE...: an RPM package with empty files.
rpm_package() {
    local name=$1 version=$2 release=$3
    shift 3
    {
        printf 'Name: %s\nVersion: %s\nRelease: %s\nSummary: a test\nLicense: none\nBuildArch: noarch\n' "$name" "$version" "$release"
        printf '%%description\nA test.\n%%install\n'
        printf 'install -D -m 755 /dev/null %%{buildroot}%s\n' "$@"
        printf '%%files\n'
        printf '%s\n' "$@"
    } >"$work/$name.spec"
    rpmbuild --quiet -bb --define "_topdir $work/rpmbuild" "$work/$name.spec" >"$work/rpmbuild.log" 2>&1
}

if ! need rpmbuild rpm || ! need jq jq; then
    skip "rpm" "rpmbuild or jq is missing and can't be installed"
else
    database=$work/rpm/var/lib/rpm
    mkdir -p "$database"
    mapfile -t many < <(seq -f '/usr/share/doc/many/a-file-with-a-long-name-%05g' 1 3000)
    rpm_package cri-o 1.34.1 150500.1.1 /usr/bin/crio /usr/bin/pinns
    rpm_package kubelet 1.34.1 150500.1.1 /usr/bin/kubelet
    rpm_package many 2 1 "${many[@]}"
    for number in $(seq 1 40); do
        rpm_package "package-$number" "0.$number" "$number.test" "/usr/share/package-$number"
    done
    rpm --dbpath "$database" --justdb --nodeps -i "$work"/rpmbuild/RPMS/noarch/*.rpm >"$work/rpm.log" 2>&1
    rpm --dbpath "$database" -qa --queryformat '%{name} %{version}-%{release}\n' 2>"$work/rpm.log" | sort >"$work/rpm.wanted"
    while read -r name _; do
        version=$("$binary" facts --root "$work/rpm" --format json "package:$name" 2>"$work/facts.log" |
            jq -r '.facts[0].value.version // "unknown"')
        printf '%s %s\n' "$name" "$version"
    done <"$work/rpm.wanted" >"$work/rpm.found"
    if [ "$(wc -l <"$work/rpm.wanted")" -ge 43 ] && diff "$work/rpm.wanted" "$work/rpm.found" >"$work/rpm.diff"; then
        pass "rpm: versions of $(wc -l <"$work/rpm.wanted") packages as rpm says"
    else
        fail "rpm: versions differ from rpm's: $(head -c 500 "$work/rpm.diff" 2>/dev/null)"
    fi
    mkdir -p "$work/rpm/usr/bin" "$work/rpm/usr/local/bin"
    printf 'x' >"$work/rpm/usr/bin/crio"
    chmod 755 "$work/rpm/usr/bin/crio"
    owned=$("$binary" facts --root "$work/rpm" --format json program:crio 2>"$work/facts.log" |
        jq -r '.facts[0].value | "\(.version) \(.source)"')
    if [ "$owned" = "1.34.1 package" ]; then
        pass "rpm: the owner of a program"
    else
        fail "rpm: the owner of a program: $owned"
    fi
fi
