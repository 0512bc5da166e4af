/* Runs a command and harms it at one chosen system call that changes state.
 *
 *   tracer LOG SCOPE NUMBER HARM SECONDS COMMAND [WORD...]
 *
 * strace can do this to the k-th call of each process and each kind; here calls are counted over all kinds and all processes
 * together, so that one number means one moment of the whole run, and one run for each number is every moment there is.
 *
 * SCOPE   all: calls of every process · leader: those of COMMAND itself, with its threads · children: those of the others
 * NUMBER  which of them, from 1; 0 for none, to learn how many there are
 * HARM    power: every process is killed before the call, as when the power fails
 *         kill: the process that makes the call is killed before it, and the others go on
 *         a number: the call is not made and fails with this errno · +number: and so do all later ones, of every process; a connection
 *         is reset instead, and does not care about a disk
 *         term, int: COMMAND gets the signal, and the call is made
 * * SECONDS how long all of it may take: then every process is killed, and stderr says which were left
 *
 * LOG gets one line a call: its number, the process, L for COMMAND itself or C, the call, and the path. A call that was harmed ends in `!`.
 * The exit status is that of COMMAND; 128 + signal where a signal ended it; 124 where it took too long; 125 where the tracing itself
 * failed. It ends when the last process has ended. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/ptrace.h>

enum how { PATH1, AT1, PATH2, AT2, FD, FD_OUT, OPEN, OPENAT, SOCKET };
static const struct call { long number; const char *name; enum how how; } CALLS[] = {
#define CALL(name, how) { SYS_##name, #name, how },
#ifdef SYS_open
    CALL(open, OPEN) CALL(creat, PATH1) CALL(rename, PATH2) CALL(link, PATH2) CALL(unlink, PATH1) CALL(mkdir, PATH1)
    CALL(rmdir, PATH1) CALL(symlink, PATH2) CALL(chmod, PATH1) CALL(chown, PATH1) CALL(lchown, PATH1) CALL(mknod, PATH1)
    CALL(utimes, PATH1)
#endif
#ifdef SYS_renameat
    CALL(renameat, AT2)
#endif
    CALL(openat, OPENAT) CALL(renameat2, AT2) CALL(linkat, AT2) CALL(unlinkat, AT1) CALL(mkdirat, AT1)
    CALL(symlinkat, PATH2) CALL(fchmodat, AT1) CALL(fchownat, AT1) CALL(mknodat, AT1) CALL(utimensat, AT1)
    CALL(truncate, PATH1) CALL(ftruncate, FD) CALL(fallocate, FD) CALL(fchmod, FD) CALL(fchown, FD)
    CALL(fsync, FD) CALL(fdatasync, FD) CALL(write, FD) CALL(pwrite64, FD) CALL(writev, FD) CALL(pwritev, FD)
    CALL(copy_file_range, FD_OUT) CALL(sendfile, FD)
    CALL(sendto, SOCKET) CALL(sendmsg, SOCKET) CALL(recvfrom, SOCKET)
};

static struct tracee { pid_t pid, group; int begun, replace; } tracees[4096];
static int known;
static pid_t leader;

/* The time is over. */
static volatile sig_atomic_t is_late;

static void late(int signal) {
    (void)signal;
    is_late = 1;
}

static void fail(const char *what) {
    fprintf(stderr, "tracer: %s: %s\n", what, strerror(errno));
    _exit(125);
}

static pid_t group_of(pid_t pid) {
    char name[64], line[256];
    pid_t group = pid;
    snprintf(name, sizeof name, "/proc/%d/status", pid);
    FILE *status = fopen(name, "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "Tgid: %d", &group) == 1) break;
    if (status) fclose(status);
    return group;
}

static struct tracee *find(pid_t pid) {
    for (int at = 0; at < known; at++)
        if (tracees[at].pid == pid) return &tracees[at];
    if (known == sizeof tracees / sizeof *tracees) { errno = EMFILE; fail("too many processes"); }
    tracees[known] = (struct tracee){ .pid = pid, .group = group_of(pid) };
    return &tracees[known++];
}

static void forget(pid_t pid) {
    for (int at = 0; at < known; at++)
        if (tracees[at].pid == pid) { tracees[at] = tracees[--known]; return; }
}

static void link_target(pid_t pid, const char *what, char *into) {
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/%s", pid, what);
    ssize_t length = readlink(name, into, PATH_MAX - 1);
    into[length < 0 ? 0 : length] = 0;
}

static void descriptor(pid_t pid, long fd, char *into) {
    char what[32];
    snprintf(what, sizeof what, "fd/%d", (int)fd);
    link_target(pid, what, into);
}

/* A path as the process means it, made absolute. */
static void path_of(pid_t pid, long directory, unsigned long address, char *into) {
    char text[PATH_MAX] = "", base[PATH_MAX] = "";
    for (size_t at = 0; address && at < sizeof text - 1;) {
        /* Up to the end of a page at a time: the next one may not be there. */
        size_t part = 4096 - (address + at) % 4096;
        if (part > sizeof text - 1 - at) part = sizeof text - 1 - at;
        struct iovec here = { text + at, part }, there = { (void *)(address + at), part };
        ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);
        if (got <= 0) break;
        text[at + got] = 0;
        if (strnlen(text + at, got) < (size_t)got) break;
        at += got;
    }
    if (text[0] != '/') {
        if ((int)directory == AT_FDCWD) link_target(pid, "cwd", base);
        else descriptor(pid, directory, base);
    }
    if (snprintf(into, PATH_MAX, "%s%s%s", base, text[0] == '/' || !text[0] ? "" : "/", text) >= PATH_MAX) into[PATH_MAX - 1] = 0;
}

/* Not terminals and the like: a file system may well lie below /dev/shm. */
static int is_file(const char *path) {
    if (!strncmp(path, "/dev/shm/", 9)) return 1;
    return path[0] == '/' && strncmp(path, "/dev/", 5) && strncmp(path, "/proc/", 6);
}

/* A connection to another machine, or to this one by the loopback: not what programs of one machine speak to each other through. */
static int is_wire(pid_t pid, const char *path) {
    unsigned long wanted, inode;
    if (sscanf(path, "socket:[%lu]", &wanted) != 1) return 0;
    for (int version = 4; version <= 6; version += 2) {
        char name[64], line[512];
        snprintf(name, sizeof name, "/proc/%d/net/tcp%s", pid, version == 6 ? "6" : "");
        FILE *table = fopen(name, "r");
        while (table && fgets(line, sizeof line, table))
            if (sscanf(line, " %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu", &inode) == 1 && inode == wanted) { fclose(table); return 1; }
        if (table) fclose(table);
    }
    return 0;
}

/* The call, and what it is about, if it changes state: what is on a disk and can be seen by another process, or what another machine
 * has been told. An answer that is read changes nothing, but before it is the moment at which the other side has done what it was told. */
static const struct call *change(pid_t pid, const struct ptrace_syscall_info *info, char *path) {
    const unsigned long long *args = info->entry.args;
    for (size_t at = 0; at < sizeof CALLS / sizeof *CALLS; at++) {
        const struct call *call = &CALLS[at];
        if ((long)info->entry.nr != call->number) continue;
        int flags = O_WRONLY;
        switch (call->how) {
        case OPEN: flags = args[1]; path_of(pid, AT_FDCWD, args[0], path); break;
        case OPENAT: flags = args[2]; path_of(pid, args[0], args[1], path); break;
        case PATH1: path_of(pid, AT_FDCWD, args[0], path); break;
        case AT1: path_of(pid, args[0], args[1], path); break;
        case PATH2: path_of(pid, AT_FDCWD, args[call->number == SYS_symlinkat ? 2 : 1], path); break;
        case AT2: path_of(pid, args[2], args[3], path); break;
        case FD: case SOCKET: descriptor(pid, args[0], path); break;
        case FD_OUT: descriptor(pid, args[2], path); break;
        }
        if (path[0] != '/') return (call->how == SOCKET || call->how == FD) && is_wire(pid, path) ? call : NULL;
        return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) && is_file(path) ? call : NULL;
    }
    return NULL;
}

/* Lets the call not be made; its result is set when it returns. */
static void skip(pid_t pid) {
#if defined __x86_64__
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, pid, 0, &regs)) fail("registers");
    regs.orig_rax = -1;
    if (ptrace(PTRACE_SETREGS, pid, 0, &regs)) fail("registers");
#elif defined __aarch64__
    int none = -1;
    struct iovec part = { &none, sizeof none };
    if (ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &part)) fail("registers");
#else
    errno = ENOSYS;
    fail("errors are not known on this machine");
#endif
}

static void answer(pid_t pid, int error) {
#if defined __x86_64__
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, pid, 0, &regs)) fail("registers");
    regs.rax = -(long)error;
    if (ptrace(PTRACE_SETREGS, pid, 0, &regs)) fail("registers");
#elif defined __aarch64__
    struct user_pt_regs regs;
    struct iovec part = { &regs, sizeof regs };
    if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &part)) fail("registers");
    regs.regs[0] = -(long)error;
    if (ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &part)) fail("registers");
#else
    (void)pid, (void)error;
#endif
}

/* Kills everything, and tells what it was. */
static void end_all(const char *seconds) {
    fprintf(stderr, "tracer: it has not ended within %s s; these were left:\n", seconds);
    for (int at = 0; at < known; at++) {
        char name[64], words[512];
        if (tracees[at].pid == tracees[at].group) {
            snprintf(name, sizeof name, "/proc/%d/cmdline", tracees[at].pid);
            FILE *line = fopen(name, "r");
            size_t length = line ? fread(words, 1, sizeof words - 1, line) : 0;
            if (line) fclose(line);
            for (size_t byte = 0; byte < length; byte++) if (!words[byte]) words[byte] = ' ';
            words[length] = 0;
            fprintf(stderr, "tracer: %d %s\n", tracees[at].pid, words);
        }
    }
    for (int at = 0; at < known; at++) kill(tracees[at].pid, SIGKILL);
}

int main(int count, char **words) {
    if (count < 7) { fprintf(stderr, "tracer LOG SCOPE NUMBER HARM SECONDS COMMAND [WORD...]\n"); return 125; }
    const char *scope = words[2], *harm = words[4];
    long chosen = atol(words[3]), number = 0;
    int error = atoi(harm), status, code = 125;
    FILE *log = fopen(words[1], "w");
    if (!log) fail(words[1]);
    fcntl(fileno(log), F_SETFD, FD_CLOEXEC);
    leader = fork();
    if (leader < 0) fail("fork");
    if (!leader) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0)) fail("ptrace is not permitted");
        raise(SIGSTOP);
        execvp(words[6], words + 6);
        fail(words[6]);
    }
    if (waitpid(leader, &status, 0) < 0 || !WIFSTOPPED(status)) fail("the command did not begin");
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                   PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, leader, 0, options)) fail("ptrace");
    find(leader)->begun = 1;
    /* Waiting is broken off by it. */
    struct sigaction at_the_end = { .sa_handler = late };
    sigaction(SIGALRM, &at_the_end, NULL);
    struct itimerval limit = { .it_value.tv_sec = atoi(words[5]), .it_interval.tv_sec = 1 };
    setitimer(ITIMER_REAL, &limit, NULL);
    ptrace(PTRACE_SYSCALL, leader, 0, 0);
    for (;;) {
        /* It comes again each second, since it may come just before one waits. */
        if (is_late) { end_all(words[5]); fclose(log); return 124; }
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) break;
        if (!WIFSTOPPED(status)) {
            if (pid == leader) code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            forget(pid);
            continue;
        }
        struct tracee *tracee = find(pid);
        int signal = WSTOPSIG(status), deliver = 0;
        if (signal == (SIGTRAP | 0x80)) {
            struct ptrace_syscall_info info;
            char path[PATH_MAX];
            if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0) continue;
            const struct call *call = NULL;
            if (info.op == PTRACE_SYSCALL_INFO_ENTRY) call = change(pid, &info, path);
            else if (tracee->replace) { answer(pid, tracee->replace); tracee->replace = 0; }
            int is_leader = tracee->group == leader;
            if (call && (!strcmp(scope, "all") || is_leader == !strcmp(scope, "leader"))) {
                number++;
                int is_far = path[0] != '/';
                int hit = harm[0] == '+' ? chosen && number >= chosen && !is_far : number == chosen;
                fprintf(log, "%ld %d %c %s %s%s\n", number, tracee->group, is_leader ? 'L' : 'C', call->name, path, hit ? " !" : "");
                if (hit) {
                    if (!strcmp(harm, "power")) for (int at = 0; at < known; at++) kill(tracees[at].pid, SIGKILL);
                    else if (!strcmp(harm, "kill")) kill(tracee->group, SIGKILL);
                    else if (!strcmp(harm, "term")) kill(leader, SIGTERM);
                    else if (!strcmp(harm, "int")) kill(leader, SIGINT);
                    else { skip(pid); tracee->replace = is_far ? ECONNRESET : error; }
                }
            }
        } else if (status >> 16) {
            if (status >> 16 == PTRACE_EVENT_EXEC) tracee->group = pid;
        } else if (signal == SIGSTOP && !tracee->begun) {
            tracee->begun = 1;
        } else {
            deliver = signal;
        }
        ptrace(PTRACE_SYSCALL, pid, 0, deliver);
    }
    fclose(log);
    return code;
}
