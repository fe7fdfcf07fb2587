# Real boots: what the program says of the next boot, against what a virtual machine shows after it.
# BOOTS=all boots every case of tests/boot_cases that can be booted, otherwise a core set is.
# shellcheck shell=bash disable=SC2154 # work is set by tests/real/run

target=$(uname -m)-unknown-linux-gnu
if [ "$(id -u)" != 0 ]; then
    skip "real boots" "needs root, to make the root of a distribution"
elif [ "$target" != x86_64-unknown-linux-gnu ]; then
    skip "real boots" "the machines are x86_64"
elif ! need mmdebstrap mmdebstrap || ! need qemu-system-x86_64 qemu-system-x86 || ! need mke2fs e2fsprogs || ! need sfdisk fdisk; then
    skip "real boots" "mmdebstrap, qemu, mke2fs or sfdisk is missing and can't be installed"
elif ! RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --release --quiet --target "$target" --target-dir target/static; then
    fail "the program can't be linked statically"
else
    boots=--core
    [ "${BOOTS:-core}" != all ] || boots=
    # shellcheck disable=SC2086 # nothing or one word
    if BOOT_LAB_PROGRAM=target/static/$target/release/node-preflight cargo test --locked --quiet --test boot -- $boots; then
        pass "predictions, the program inside and a shell script agree in every boot"
    else
        fail "boots differ from predictions"
    fi
fi
