#!/bin/sh
# Runs inside the booted machine, after the boot has settled: answers every question of /boot-lab/questions from what
# the kernel and systemd show, without a line of the program that is judged; then lets that program answer, too.
exec >/dev/ttyS1 2>/dev/null
stty -F /dev/ttyS1 raw
systemctl is-system-running --wait >/dev/null
udevadm settle

release=$(uname -r)

# What an administrator does once, before the machine is judged.
if [ -e /boot-lab/prepare ]; then
    mv /boot-lab/prepare /boot-lab/prepared
    sh -e /boot-lab/prepared || exit
fi

kernel_variable() {
    path=/proc/sys/$(printf '%s' "$1" | tr ./ /.)
    if [ -e "$path" ]; then tr -s '\t ' '  ' <"$path"; else echo absent; fi
}

module() {
    if grep -q "^$1 " /proc/modules; then
        echo loaded
    elif tr - _ <"/lib/modules/$release/modules.builtin" | grep -q "/$1\.ko"; then
        echo built-in
    else
        echo not-loaded
    fi
}

# What loading by name makes of a module that isn't loaded: last, because it changes the machine.
late_module() {
    modprobe "$1" && grep -q "^$1 " /proc/modules && echo loadable && return
    modinfo "$1" >/dev/null && echo blocked || echo absent
}

devices() { tail -n +2 /proc/swaps | cut -d' ' -f1 | tr -d '\t' | while read -r path; do readlink -f "$path"; done | sort | tr '\n' ' '; }

swap() {
    case $1 in
        '') devices ;;
        any) if [ -n "$(devices)" ]; then echo on; else echo off; fi ;;
        *) if devices | tr ' ' '\n' | grep -qx "$(readlink -f "$1")"; then echo on; else echo off; fi ;;
    esac
}

cgroup_mode() {
    case $(stat -fc %T /sys/fs/cgroup) in
        cgroup2fs) echo v2 ;;
        *) if [ -d /sys/fs/cgroup/unified ]; then echo hybrid; else echo v1; fi ;;
    esac
}

file_kind() {
    if [ -L "$1" ]; then set -- "$(readlink -f "$1")"; fi
    if [ -d "$1" ]; then echo directory; elif [ -f "$1" ]; then echo file; elif [ -e "$1" ]; then echo other; else echo absent; fi
}

answer() {
    case $1 in
        sysctl:*) kernel_variable "${1#sysctl:}" ;;
        module:* | filesystem:*) module "${1#*:}" ;;
        swap) swap '' ;;
        swap:*) swap "${1#swap:}" ;;
        service:*.active) systemctl show -P ActiveState "$(name_of "$1" .active)" ;;
        service:*.enabled) systemctl is-enabled "$(name_of "$1" .enabled)" || : ;;
        cgroup.mode) cgroup_mode ;;
        selinux) if [ -e /sys/fs/selinux/enforce ]; then sed 's/0/permissive/; s/1/enforcing/' /sys/fs/selinux/enforce; else echo disabled; fi ;;
        hostname) cat /proc/sys/kernel/hostname ;;
        kernel) echo "$release" ;;
        machine-id) cat /etc/machine-id ;;
        file:*.kind) file_kind "$(name_of "$1" .kind)" ;;
        file:*) file_kind "${1#file:}" ;;
        *) echo 'no answer' ;;
    esac
}

name_of() {
    rest=${1#*:}
    printf '%s' "${rest%"$2"}"
}

while IFS= read -r question; do
    printf 'now\t%s\t%s\n' "$question" "$(answer "$question" | tr '\n' ' ' | sed 's/ *$//')"
done </boot-lab/questions

# This script is no part of the machine that is judged: it runs at every boot, and names all that it asks about.
mv /boot-lab/probe.sh /boot-lab/running

# The same files boot the next time: what the program says of that, seen from inside, is true already.
for moment in now boot; do
    printf '%s\t' "program-$moment"
    # shellcheck disable=SC2046 # one word a line
    /boot-lab/node-preflight facts --moment "$moment" --format json $(cat /boot-lab/asked) | tr -d '\n'
    printf '\n'
done
printf 'article\t'
if [ -e /boot-lab/judge ]; then
    # shellcheck disable=SC2046
    /boot-lab/node-preflight check $(cat /boot-lab/judge) --format json | tr -d '\n'
fi
printf '\n'

grep '^module:' /boot-lab/questions | while IFS= read -r question; do
    printf 'late\t%s\t%s\n' "$question" "$(late_module "${question#module:}")"
done
printf 'failed\t%s\n' "$(systemctl list-units --failed --no-legend --plain | cut -d' ' -f1 | tr '\n' ' ')"
mv /boot-lab/running /boot-lab/probe.sh
printf 'end\n'
sync
systemctl poweroff --force --force
