# What the program says, against what the system's own tools say of this machine.
# shellcheck shell=bash disable=SC2154 # binary and work are set by tests/real/run

if need jq jq; then
    if command -v dpkg-query >/dev/null; then
        dpkg-query -W -f '${db:Status-Status} ${Package} ${Version} ${db:Status-Want}\n' | awk '$1 == "installed"' | awk '!seen[$2]++' | shuf -n 60 --random-source=/dev/zero >"$work/packages"
        wrong=0
        while read -r _ package version want; do
            found=$("$binary" facts --moment now --format json "package:$package" | jq -r '.facts[0].value | "\(.version) \(.held)"')
            held=false
            [ "$want" = hold ] && held=true
            [ "$found" = "$version $held" ] || { printf '      %s: %s, dpkg says %s %s\n' "$package" "$found" "$version" "$held"; wrong=$((wrong + 1)); }
        done <"$work/packages"
        if [ "$wrong" = 0 ]; then
            pass "60 packages: the same versions and holds as dpkg"
        else
            fail "$wrong packages differ from dpkg"
        fi
    else
        skip "packages" "no dpkg on this machine"
    fi

    if need sysctl procps; then
        # Counters and times change between two looks; what is compared must not.
        sysctl -aN 2>/dev/null | grep -E '^(net\.ipv4\.(ip|tcp|conf)|net\.ipv6\.conf|net\.bridge|vm\.(swappiness|overcommit|panic|max_map)|kernel\.(panic|pid_max|msg|sem|shm))' |
            grep -vE 'mtu|stat|secret|/' | head -300 >"$work/keys"
        wrong=0
        # shellcheck disable=SC2046 # the keys are words
        "$binary" facts --moment now --format json $(sed 's/^/sysctl:/' "$work/keys") |
            jq -r '.facts[] | select(.state == "known") | "\(.key) = \(.value)"' | sort >"$work/ours"
        while read -r key; do
            value=$(sysctl -n "$key" 2>/dev/null | tr -s '\t ' '  ') && printf '%s = %s\n' "$key" "$value"
        done <"$work/keys" | sort >"$work/theirs"
        wrong=$(comm -3 "$work/ours" "$work/theirs" | wc -l)
        if [ "$wrong" = 0 ] && [ -s "$work/ours" ]; then
            pass "$(wc -l <"$work/ours") kernel variables: the same as sysctl"
        else
            fail "$wrong kernel variables differ from sysctl: $(comm -3 "$work/ours" "$work/theirs" | head -4 | tr '\n' ';')"
        fi
    else
        skip "kernel variables" "sysctl is missing and can't be installed"
    fi

    if command -v update-alternatives >/dev/null; then
        wrong=0
        count=0
        for name in $(update-alternatives --get-selections | awk '{print $1}' | grep -E '^[a-z0-9]+$' | head -30); do
            link=$(update-alternatives --query "$name" | sed -n 's/^Link: //p')
            case $link in /usr/bin/* | /usr/sbin/* | /bin/* | /sbin/*) ;; *) continue ;; esac
            [ "$(basename "$link")" = "$name" ] || continue
            value=$(update-alternatives --query "$name" | sed -n 's/^Value: //p')
            mode=$(update-alternatives --query "$name" | sed -n 's/^Status: //p')
            found=$("$binary" facts --moment now --format json "alternative:$name" | jq -r '.facts[0].value | "\(.target) \(.mode)"')
            count=$((count + 1))
            [ "$found" = "$(readlink -f "$value") $mode" ] || { printf '      %s: %s, update-alternatives says %s %s\n' "$name" "$found" "$value" "$mode"; wrong=$((wrong + 1)); }
        done
        if [ "$wrong" = 0 ]; then
            pass "$count alternatives: the same as update-alternatives"
        else
            fail "$wrong alternatives differ"
        fi
    else
        skip "alternatives" "no update-alternatives on this machine"
    fi

    if command -v systemctl >/dev/null && [ -d /usr/lib/systemd/system ]; then
        # Offline on both sides: what the files say. Templates can't be asked without an instance.
        units=$(find /usr/lib/systemd/system/ -maxdepth 1 \( -name '*.service' -o -name '*.socket' -o -name '*.timer' \) |
            sed 's|.*/||' | grep -v '@\.' | sort | head -150)
        # shellcheck disable=SC2046,SC2086 # the units are words
        "$binary" facts --root / --format json $(printf 'service:%s ' $units) |
            jq -r '.facts[] | select(.value.enabled) | "\(.key) \(.value.enabled)"' | sort >"$work/ours"
        for unit in $units; do
            word=$(systemctl --root=/ is-enabled "$unit" 2>/dev/null | head -1)
            [ -n "$word" ] && printf '%s %s\n' "$unit" "$word"
        done | sort >"$work/theirs"
        wrong=$(join "$work/ours" "$work/theirs" | awk '$2 != $3' | tee "$work/differ" | wc -l)
        count=$(join "$work/ours" "$work/theirs" | wc -l)
        if [ "$wrong" = 0 ] && [ "$count" -gt 20 ]; then
            pass "$count units: is-enabled as systemctl says"
        else
            fail "$wrong of $count units differ from systemctl: $(head -3 "$work/differ" | tr '\n' ';')"
        fi
    else
        skip "units" "no systemctl on this machine"
    fi
else
    skip "differential tests" "jq is missing and can't be installed"
fi
