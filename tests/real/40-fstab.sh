# The next boot's swap, against the installed systemd-fstab-generator, over random fstabs. The generator runs in
# a root of its own, so that it doesn't find a container, and /proc of the machine doesn't matter.
# shellcheck shell=bash disable=SC2154 # binary and work are set by tests/real/run

generator=/usr/lib/systemd/system-generators/systemd-fstab-generator
fstabs=${FSTABS:-150}

# pick WORD...: one of them.
pick() {
    shift $((RANDOM % $#))
    printf '%b' "$1"
}

random_fstab() {
    local lines=$((RANDOM % 6)) separator options
    for ((; lines > 0; lines--)); do
        separator=$(pick ' ' '\t' ' \t ')
        pick '' '' ' \t'
        pick /dev/vdb1 /dev/vdb2 UUID=aa-bb 'UUID="aa-bb"' "LABEL='x y'" 'LABEL="x"' LABEL=a/b 'PARTLABEL=s\\040w' '/swap\\040f' \
            /.hid/s /a//b/./c /dev/mapper/vg-sw '#UUID=z' /dev/disk/by-uuid/aa-bb /sw,a /swap/../x
        printf '%snone%s' "$separator" "$separator"
        pick swap swap swap swap swap SWAP ext4 'swap\r' none
        options=$(pick '' sw noauto auto noauto,auto auto,noauto nofail,noauto noauto=0 xnoauto 'sw,noauto\r' nofail,fail)
        [ -z "$options" ] || printf '%s%s' "$separator" "$options"
        pick '\n' ' 0 0\n' ' 0 0\r\n'
    done
}

if [ "$(id -u)" != 0 ] || [ ! -x "$generator" ]; then
    skip "swap lines of fstab" "needs root and systemd-fstab-generator"
elif ! need jq jq; then
    skip "swap lines of fstab" "jq is missing and can't be installed"
else
    jail=$work/jail
    mkdir -p "$jail"/{proc/1,proc/self,etc,run,sys}
    for file in "$generator" $(ldd "$generator" | grep -o '/[^ ]*'); do
        mkdir -p "$jail$(dirname "$file")" && cp -L "$file" "$jail$file"
    done
    printf 'Filename\n' >"$jail/proc/swaps"
    printf 'PATH=/bin\0' >"$jail/proc/1/environ"
    # Asked for --version, a generator takes that as the directory to write to: its library's name tells instead.
    version=$(find /usr/lib -name 'libsystemd-shared-*.so' | sed -n 's/.*shared-\([0-9]*\).*/\1/p' | head -1)

    wrong=0
    with_swap=0
    RANDOM=11
    for ((i = 0; i < fstabs; i++)); do
        root=$work/root
        rm -rf "$root" "$jail/out" && mkdir -p "$root"/{etc,boot/grub,usr/lib/systemd} "$jail/out"
        random_fstab >"$jail/etc/fstab"
        cp "$jail/etc/fstab" "$root/etc/fstab"
        cmdline=root=/dev/vda1
        [ $((RANDOM % 4)) != 0 ] || cmdline="$cmdline $(pick systemd.swap=0 systemd.swap fstab=0 'systemd.swap=no systemd.swap=1' systemd-swap=OFF rd.fstab=0)"
        : >"$root/usr/lib/systemd/libsystemd-shared-$version.so"
        : >"$root/boot/vmlinuz-6.1"
        printf "set default=\"0\"\nmenuentry 'Linux' {\n\tlinux\t/boot/vmlinuz-6.1 %s\n}\n" "$cmdline" >"$root/boot/grub/grub.cfg"
        SYSTEMD_PROC_CMDLINE=$cmdline chroot "$jail" "$generator" /out /out /out 2>/dev/null
        theirs=$(find "$jail"/out/swap.target.* -name '*.swap' -printf '%f\n' 2>/dev/null | sort -u)
        [ -z "$theirs" ] || with_swap=$((with_swap + 1))
        ours=$("$binary" facts --root "$root" --format json swap | jq -r '.facts[0].value[].device' |
            while IFS= read -r device; do
                case $device in
                *=*) device=$(printf '%s' "$device" | sed -E "s/=(['\"])(.*)\1\$/=\2/; s/ /\\\\x20/g") ;;
                esac
                case $device in
                LABEL=*) value=${device#*=} && device="/dev/disk/by-label/${value//\//\\x2f}" ;;
                PARTLABEL=*) device=/dev/disk/by-partlabel/${device#*=} ;;
                UUID=*) device=/dev/disk/by-uuid/${device#*=} ;;
                esac
                printf '%s.swap\n' "$(systemd-escape --path -- "$device")"
            done | sort -u)
        if [ "$ours" != "$theirs" ]; then
            wrong=$((wrong + 1))
            printf '      %s with %s: %s, the generator says %s\n' "$(jq -Rs . <"$jail/etc/fstab")" "$cmdline" "$ours" "$theirs"
        fi
    done
    if [ "$wrong" = 0 ] && [ "$with_swap" -gt $((fstabs / 5)) ]; then
        pass "$fstabs random fstabs: the same swap as systemd-fstab-generator $version ($with_swap with swap)"
    else
        fail "$wrong of $fstabs fstabs differ from systemd-fstab-generator $version ($with_swap with swap)"
    fi
fi
