"""The layer that leaves programs only the system calls that computing needs.

Two filters: the server's is long (everything not listed is refused) and installed once; a child's
is short (no new processes, no signals to others) and installed a program. No library is used:
filters are instructions of the kernel's classic packet filter.
"""

from __future__ import annotations

import ctypes
import os
import re
import struct
from collections.abc import Iterator, Sequence
from errno import ENOSYS, EPERM

from envs.sandbox import kernel

_ALLOWED = """
capget:125:90 read:0:63 write:1:64 open:2:- close:3:57 stat:4:- fstat:5:80 lstat:6:- poll:7:-
lseek:8:62 mmap:9:222 mprotect:10:226 munmap:11:215 brk:12:214 rt_sigaction:13:134
rt_sigprocmask:14:135 rt_sigreturn:15:139 ioctl:16:29 pread64:17:67 pwrite64:18:68
readv:19:65 writev:20:66 access:21:- pipe:22:- select:23:- sched_yield:24:124 mremap:25:216
msync:26:227 mincore:27:232 madvise:28:233 dup:32:23 dup2:33:- pause:34:- nanosleep:35:101
getitimer:36:102 alarm:37:- setitimer:38:103 getpid:39:172 sendfile:40:71 socketpair:53:199
sendto:44:206 recvfrom:45:207 sendmsg:46:211 recvmsg:47:212 shutdown:48:210
getsockname:51:204 getpeername:52:205 getsockopt:55:209 setsockopt:54:208 clone:56:220
fork:57:- vfork:58:- exit:60:93 wait4:61:260 kill:62:129 uname:63:160 fcntl:72:25
flock:73:32 fsync:74:82 fdatasync:75:83 truncate:76:45 ftruncate:77:46 getdents:78:-
getdents64:217:61 getcwd:79:17 chdir:80:49 fchdir:81:50 rename:82:- mkdir:83:- rmdir:84:-
creat:85:- link:86:- unlink:87:- symlink:88:- readlink:89:- chmod:90:- fchmod:91:52
umask:95:166 gettimeofday:96:169 getrlimit:97:163 getrusage:98:165 sysinfo:99:179
times:100:153 getuid:102:174 getgid:104:176 geteuid:107:175 getegid:108:177 setpgid:109:154
getppid:110:173 getpgrp:111:- setsid:112:157 getpgid:121:155 getsid:124:156
getgroups:115:158 getresuid:118:148 getresgid:120:150 rt_sigpending:127:136
rt_sigtimedwait:128:137 rt_sigsuspend:130:133 sigaltstack:131:132 utime:132:- statfs:137:43
fstatfs:138:44 getpriority:140:141 sched_getparam:143:121 sched_getscheduler:145:120
sched_get_priority_max:146:125 sched_get_priority_min:147:126 sched_getaffinity:204:123
prctl:157:167 arch_prctl:158:- setrlimit:160:164 gettid:186:178 futex:202:98 time:201:-
set_tid_address:218:96 epoll_create:213:- epoll_ctl:233:21 epoll_wait:232:-
epoll_create1:291:20 epoll_pwait:281:22 epoll_pwait2:441:441 eventfd:284:- eventfd2:290:19
timerfd_create:283:85 timerfd_settime:286:86 timerfd_gettime:287:87 signalfd:282:-
signalfd4:289:74 clock_gettime:228:113 clock_getres:229:114 clock_nanosleep:230:115
exit_group:231:94 tgkill:234:131 utimes:235:- waitid:247:95 openat:257:56 mkdirat:258:34
newfstatat:262:79 unlinkat:263:35 renameat:264:38 linkat:265:37 symlinkat:266:36
readlinkat:267:78 fchmodat:268:53 faccessat:269:48 pselect6:270:72 ppoll:271:73
set_robust_list:273:99 get_robust_list:274:100 utimensat:280:88 futimesat:261:-
fallocate:285:47 fadvise64:221:223 dup3:292:24 pipe2:293:59 preadv:295:69 pwritev:296:70
preadv2:327:286 pwritev2:328:287 prlimit64:302:261 getcpu:309:168 seccomp:317:277
getrandom:318:278 renameat2:316:276 copy_file_range:326:285 statx:332:291 rseq:334:293
pidfd_open:434:434 clone3:435:435 close_range:436:436 openat2:437:437 faccessat2:439:439
landlock_create_ruleset:444:444 landlock_add_rule:445:445 landlock_restrict_self:446:446
membarrier:324:283 timer_create:222:107 timer_settime:223:110 timer_gettime:224:108
timer_getoverrun:225:109 timer_delete:226:111 get_mempolicy:239:236 restart_syscall:219:128
"""
"""Name, number on x86-64 and number on aarch64 of each system call that is let through."""

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column of `_ALLOWED`, and what the kernel calls the machine."""

_INSTRUCTION = struct.Struct("<HBBI")
_PROCESS = struct.Struct("<I")
_SET_FILTER = 1
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_CLONE_THREAD = 0x10000
_ANY_PROCESS = 0xFFFFFFFF
"""Stands for a child's number in its filter until there is one; no process has it."""
_NO_CHILD_S = ("fork", "vfork", "pidfd_open", "setpgid", "setsid", "fchmod", "flock")
_LASTING = (1024, 1026, 37, 38)
"""Of `fcntl`: leases, notices, and locks that belong to an open file."""
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX, _FIOSETOWN, _SIOCSPGRP = 8, 10, 15, 0x8901, 0x8902


def available() -> bool:
    """True if the filters are known for this machine."""
    return os.uname().machine in _MACHINES


def _numbers() -> dict[str, int]:
    column, _ = _MACHINES[os.uname().machine]
    entries = (entry.split(":") for entry in _ALLOWED.split())
    return {name: int(found[column]) for name, *found in entries if found[column] != "-"}


def _return(action: int) -> bytes:
    return _INSTRUCTION.pack(_RETURN, 0, 0, action)


def _if_equal(value: int, action: int) -> bytes:
    return _INSTRUCTION.pack(_EQUAL, 0, 1, value) + _return(action)


def _by_argument(
    number: int, argument: int, values: Sequence[int], then: int, otherwise: int
) -> bytes:
    """For one call: one action if an argument is among the values, another if not."""
    body = _INSTRUCTION.pack(_LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument)
    body += b"".join(_if_equal(value, then) for value in values) + _return(otherwise)
    return _INSTRUCTION.pack(_EQUAL, 0, len(body) // _INSTRUCTION.size, number) + body


def _head() -> Iterator[bytes]:
    _, machine = _MACHINES[os.uname().machine]
    yield _INSTRUCTION.pack(_LOAD, 0, 0, _MACHINE_AT)
    yield _INSTRUCTION.pack(_EQUAL, 1, 0, machine)
    yield _return(_KILL)
    yield _INSTRUCTION.pack(_LOAD, 0, 0, _NUMBER_AT)


def server_filter() -> bytes:
    """Refuses every call that is not listed, and limits or signals set on other processes."""
    numbers = _numbers()
    refuse = _ERROR | EPERM
    owners = (_F_SETOWN, _F_SETSIG, _F_SETOWN_EX)
    parts = [
        _by_argument(numbers.pop("fcntl"), 1, owners, refuse, _ALLOW),
        _by_argument(numbers.pop("ioctl"), 1, (_FIOSETOWN, _SIOCSPGRP), refuse, _ALLOW),
        _by_argument(numbers.pop("prlimit64"), 0, (0,), _ALLOW, refuse),
    ]
    parts += [_if_equal(number, _ALLOW) for number in numbers.values()]
    return b"".join([*_head(), *parts, _return(refuse)])


def child_filter() -> bytes:
    """Refuses new processes, and signals to any but the program's own: see `installation`.

    Also what would outlive the program on the files that it shares with the next one, locks,
    leases and modes; and the way into its server's process group.
    """
    numbers = _numbers()
    refuse = _ERROR | EPERM
    parts = [_if_equal(numbers[name], refuse) for name in _NO_CHILD_S if name in numbers]
    parts += [
        _by_argument(numbers["fcntl"], 1, _LASTING, refuse, _ALLOW),
        _if_equal(numbers["clone3"], _ERROR | ENOSYS),
        _by_argument(numbers["kill"], 0, (0, _ANY_PROCESS), _ALLOW, refuse),
        _by_argument(numbers["tgkill"], 0, (_ANY_PROCESS,), _ALLOW, refuse),
        _INSTRUCTION.pack(_EQUAL, 0, 4, numbers["clone"]),
        _INSTRUCTION.pack(_LOAD, 0, 0, _ARGUMENTS_AT),
        _INSTRUCTION.pack(_ANY_BIT, 0, 1, _CLONE_THREAD),
        _return(_ALLOW),
        _return(refuse),
    ]
    return b"".join([*_head(), *parts, _return(_ALLOW)])


def installation(instructions: bytes) -> kernel.Call:
    """What installs a filter, with the number of the process that calls it where a child's goes."""
    memory = bytearray(instructions)
    unknown = re.escape(_PROCESS.pack(_ANY_PROCESS))
    places = [found.start() for found in re.finditer(unknown, instructions)]
    held = (ctypes.c_char * len(memory)).from_buffer(memory)
    count = len(instructions) // _INSTRUCTION.size
    program = struct.pack("@HxxxxxxQ", count, ctypes.addressof(held))
    return _install, (_numbers()["seccomp"], memory, places, program)


def _install(seccomp: int, memory: bytearray, places: list[int], program: bytes) -> None:
    number = os.getpid()
    for place in places:
        _PROCESS.pack_into(memory, place, number)
    kernel.syscall(seccomp, _SET_FILTER, 0, program)
