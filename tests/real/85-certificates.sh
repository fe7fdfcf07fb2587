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
    [ "$wrong" = 0 ] && [ "$count" -gt 50 ] && pass "$count certificates: the same dates as openssl" || fail "$wrong of $count certificates differ from openssl"

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
    [ "$wrong" = 0 ] && [ "$count" -gt 40 ] && pass "$count subjects: the same names as openssl" || fail "$wrong of $count subjects differ from openssl"

    if "$binary" facts --root "$work/ca" --format json certificate:/etc/kubernetes/pki/leaf.crt | grep -qF "$(sed -n 2p "$work/leaf.key")"; then
        fail "a private key is shown"
    else
        pass "no private key is shown"
    fi
fi
