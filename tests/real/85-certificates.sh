# Real certificates: whose they are and until when, against openssl.
# shellcheck shell=bash disable=SC2154 # binary and work are set by tests/real/run

if ! need openssl openssl || ! need jq jq || ! need update-ca-certificates ca-certificates; then
    skip "certificates" "openssl, jq or ca-certificates is missing and can't be installed"
else
    # Authorities of the web, of all kinds of keys and names; and one that issues another.
    mkdir -p "$work/ca/etc/kubernetes/pki"
    cp /usr/share/ca-certificates/mozilla/*.crt "$work/ca/etc/kubernetes/pki/"
    (
        cd "$work/ca/etc/kubernetes/pki" || exit
        openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/ca.key" -subj "/CN=kubernetes" -days 3650 -out ca.crt
        openssl req -newkey ed25519 -nodes -keyout "$work/leaf.key" -subj "/O=a, b+c/CN=system:node:\"x\"" -out "$work/leaf.csr"
        openssl x509 -req -in "$work/leaf.csr" -CA ca.crt -CAkey "$work/ca.key" -CAcreateserial -days 40000 -out leaf.crt
        cat "$work/leaf.key" >>leaf.crt
    ) >"$work/openssl" 2>&1 || fail "openssl makes no certificates: $(tail -1 "$work/openssl")"

    wrong=0
    count=0
    for place in "$work"/ca/etc/kubernetes/pki/*.crt; do
        name=/etc/kubernetes/pki/$(basename "$place")
        found=$("$binary" facts --root "$work/ca" --format json "certificate:$name" |
            jq -r '.facts[0].value | "\(."not-before") \(."not-after") \(."issuer-matches")"')
        dates=$(openssl x509 -in "$place" -noout -startdate -enddate | sed 's/.*=//' | while read -r date; do date -u -d "$date" +%FT%TZ; done)
        theirs=$(printf '%s' "$dates" | tr '\n' ' ')
        # All are their own issuers, but one, whose issuer lies beside it.
        [ "$found" = "$theirs true" ] || { printf '      %s: %s, openssl says %s\n' "$name" "$found" "$theirs"; wrong=$((wrong + 1)); }
        count=$((count + 1))
    done
    if [ "$wrong" = 0 ] && [ "$count" -gt 50 ]; then
        pass "$count certificates: the same dates as openssl"
    else
        fail "$wrong of $count certificates differ from openssl"
    fi

    # Names that need no escapes, of the kinds that RFC 4514 has words for; how others are written is a matter of taste.
    wrong=0
    count=0
    for place in "$work"/ca/etc/kubernetes/pki/*.crt; do
        theirs=$(openssl x509 -in "$place" -noout -subject -nameopt RFC2253,-esc_msb,utf8 | sed 's/^subject=//')
        case $theirs in *\\* | *=\#* | *organizationIdentifier* | *serialNumber* | *emailAddress*) continue ;; esac
        found=$("$binary" facts --root "$work/ca" --format json "certificate:/etc/kubernetes/pki/$(basename "$place")" | jq -r '.facts[0].value.subject')
        [ "$found" = "$theirs" ] || { printf '      %s, openssl says %s\n' "$found" "$theirs"; wrong=$((wrong + 1)); }
        count=$((count + 1))
    done
    if [ "$wrong" = 0 ] && [ "$count" -gt 40 ]; then
        pass "$count subjects: the same names as openssl"
    else
        fail "$wrong of $count subjects differ from openssl"
    fi

    if "$binary" facts --root "$work/ca" --format json certificate:/etc/kubernetes/pki/leaf.crt | grep -qF "$(sed -n 2p "$work/leaf.key")"; then
        fail "a private key is shown"
    else
        pass "no private key is shown"
    fi

    # A node of a cluster, judged on other days and with another authority of the same name.
    node=$work/node/root/etc/kubernetes/pki
    mkdir -p "$node/etcd" "$work/node/live"
    (
        cd "$node" || exit
        for authority in ca front-proxy-ca etcd/ca; do
            openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/node.key" -subj "/CN=kubernetes" -days 3650 -out $authority.crt
            case $authority in
            ca) names="apiserver apiserver-kubelet-client" ;;
            front-proxy-ca) names=front-proxy-client ;;
            *) names="apiserver-etcd-client etcd/server etcd/peer etcd/healthcheck-client" ;;
            esac
            for name in $names; do
                openssl req -newkey ed25519 -nodes -keyout "$work/leaf.key" -subj "/CN=$name" -out "$work/leaf.csr"
                openssl x509 -req -in "$work/leaf.csr" -CA $authority.crt -CAkey "$work/node.key" -CAcreateserial \
                    -extfile <(echo authorityKeyIdentifier=keyid) -days 100 -out "$name.crt"
            done
        done
        rm -f ./*.srl etcd/*.srl
    ) >"$work/openssl" 2>&1 || fail "openssl makes no certificates: $(tail -1 "$work/openssl")"
    # on DAYS EXPECTED: the verdicts of the rules on that day from now.
    on() {
        echo "time = $(($(date +%s) + $1 * 86400))" >"$work/node/live/machine.toml"
        found=$("$binary" --recording "$work/node" --profile joined --only certificates --format json |
            jq -r '[.findings[] | "\(.rule) \(.now.verdict) \(.now.found)"] | sort | .[]')
        if printf '%s\n' "$found" | grep -qE "$2"; then
            pass "certificates, $3"
        else
            fail "certificates, $3: $found"
        fi
    }
    on 1 '^certificates-last pass' "a day old: none ends soon"
    on 1 '^certificates-of-cluster pass' "each of its own authority"
    on 1 '^certificates-valid pass' "a day old: none is over"
    on 80 '^certificates-last fail .*server.crt ends' "20 days before their end"
    on 101 '^certificates-valid fail .*front-proxy-client.crt ended' "a day after their end"
    on -2 '^certificates-valid fail .*begins' "behind a clock that is late"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/node.key" -subj "/CN=kubernetes" -days 3650 -out "$node/etcd/ca.crt" 2>"$work/openssl"
    on 1 '^certificates-of-cluster fail .*peer.crt was not issued by /etc/kubernetes/pki/etcd/ca.crt' "of another authority with the same name"
fi
