# What the program promises of itself: it starts no process, writes nothing, opens no file twice, asks no other machine.
# shellcheck shell=bash disable=SC2154 # binary and work are set by tests/real/run

if need strace strace; then
    strace -f -y -e trace=execve,execveat,fork,vfork,clone,clone3,open,openat,openat2,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,chmod,fchmodat,mount,init_module,finit_module,connect,sendto,sendmsg,sendmmsg \
        -o "$work/trace" "$binary" check --all >"$work/out" 2>"$work/err"
    status=$?
    case $status in 0 | 1 | 3) pass "check gives a verdict under strace" ;; *) fail "check under strace: exit $status" ;; esac

    # The first execve is strace's own start of the binary.
    execs=$(grep -cE '(execve|execveat)\(' "$work/trace")
    if [ "$execs" = 1 ]; then
        pass "no other program is started"
    else
        fail "$execs calls of execve"
    fi

    if grep -E '\b(fork|vfork)\(|clone3?\(' "$work/trace" | grep -qv CLONE_THREAD; then
        fail "a process is forked"
    else
        pass "no process is forked"
    fi

    if grep -qE '\b(creat|unlink|unlinkat|rename|renameat|renameat2|mkdir|mkdirat|chmod|fchmodat|mount|init_module|finit_module)\(|O_(WRONLY|RDWR|CREAT)' "$work/trace"; then
        fail "something is written: $(grep -E 'O_(WRONLY|RDWR|CREAT)|unlink|rename|mkdir|chmod' "$work/trace" | head -3)"
    else
        pass "nothing is written"
    fi

    # Local sockets only: of systemd's bus, of runtimes, of the kernel. Other machines are asked for a join command alone.
    if grep -qE '(connect|send(to|msg|mmsg))\(.*sa_family=AF_INET' "$work/trace"; then
        fail "something leaves the host: $(grep -E 'sa_family=AF_INET' "$work/trace" | head -3)"
    else
        pass "nothing leaves the host"
    fi

    # Opened for reading with success, by the path that the kernel shows behind the descriptor. The dynamic
    # loader and the allocator read a few files of their own before main.
    grep -E '^[0-9]* *open(at|at2)?\(' "$work/trace" | grep -v O_PATH | grep -oE '= [0-9]+<[^>]*>$' | sed 's/^= [0-9]*<//; s/>$//' |
        grep -vE '\.so(\.|$)|^/etc/ld\.so|^/proc/self/|^/sys/fs/cgroup/cpu|cpu\.max|sched_getaffinity' | sort | uniq -d >"$work/twice"
    if [ -s "$work/twice" ]; then fail "opened twice: $(tr '\n' ' ' <"$work/twice")"; else pass "no file is opened twice"; fi
else
    skip "promises" "strace is missing and can't be installed"
fi
