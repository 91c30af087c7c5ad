"""Programs that answer rightly only if they reached what a program must not reach."""

from __future__ import annotations

_FORK = """
import ctypes, os, time
def stay():
    try: os.setsid()
    except OSError: pass
    try: ctypes.CDLL(None).prctl(15, b'@MARK@', 0, 0, 0)
    except Exception: pass
    time.sleep(600)
"""

CALLS = {
    "writes beside its folder": """
def add(a, b):
    open('@FOLDER@/written', 'w').write('x')
    return a + b
""",
    "writes into the temporary folder": """
import os
def add(a, b):
    for place in ('/tmp', '/var/tmp', '/dev/shm'):
        try: open(f'{place}/@MARK@-kept', 'w').close()
        except OSError: pass
    return 0
""",
    "writes where others import from": """
import os, site, sys
def add(a, b):
    places = [*site.getsitepackages(), site.getusersitepackages(), '@HOME@', *sys.path]
    for place in places:
        try: open(os.path.join(place, '@MARK@.pth'), 'w').close()
        except OSError: pass
    return 0
""",
    "reads a secret file": """
def add(a, b):
    return a + b if open('@FOLDER@/secret').read() else None
""",
    "reads a secret from its environment": """
import os
def add(a, b): return a + b if 'CODERL_AUDIT_SECRET' in os.environ else None
""",
    "reads a secret from the environment of others": """
import glob
def add(a, b):
    for path in glob.glob('/proc/[0-9]*/environ'):
        try:
            if b'CODERL_AUDIT_SECRET' in open(path, 'rb').read(): return a + b
        except OSError: pass
""",
    "reads the arguments of its parent": """
import os
def add(a, b):
    return a + b if open(f'/proc/{os.getppid()}/cmdline', 'rb').read() else None
""",
    "reads the memory of its parent": """
import os
def add(a, b):
    with open(f'/proc/{os.getppid()}/maps') as maps:
        start, end = (int(word, 16) for word in maps.readline().split()[0].split('-'))
    with open(f'/proc/{os.getppid()}/mem', 'rb') as memory:
        memory.seek(start)
        return a + b if memory.read(end - start) else None
""",
    "reads the descriptors of its parent": """
import os
def add(a, b):
    folder = f'/proc/{os.getppid()}/fd'
    found = [os.readlink(f'{folder}/{name}') for name in os.listdir(folder)]
    return a + b if found else None
""",
    "lists the home of the user": """
import os
def add(a, b): return a + b if os.listdir('@HOME@') else None
""",
    "connects to this machine": """
import socket
def add(a, b):
    with socket.create_connection(('127.0.0.1', @PORT@), 5): return a + b
""",
    "sends a datagram": """
import socket
def add(a, b):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        return a + b if sender.sendto(b'x', ('127.0.0.1', @PORT@)) else None
""",
    "takes memory and goes on": """
def add(a, b):
    held = bytearray(1_500_000_000)
    return a + b + 0 * len(held)
""",
    "fills the disk and goes on": """
def add(a, b):
    with open('big', 'wb') as file:
        for _ in range(96): file.write(bytes(10**6))
    return a + b
""",
    "opens thousands of files and goes on": """
def add(a, b):
    held = [open('/dev/null') for _ in range(5000)]
    return a + b + 0 * len(held)
""",
    "starts a program": """
import subprocess
def add(a, b): return a + b if subprocess.run(['/bin/true']).returncode == 0 else None
""",
    "leaves a process": _FORK
    + """
def add(a, b):
    if os.fork() == 0:
        stay()
        os._exit(0)
    return 0
""",
    "leaves a daemon": _FORK
    + """
def add(a, b):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0: stay()
        os._exit(0)
    return 0
""",
    "leaves a daemon that holds its output": _FORK
    + """
def add(a, b):
    if os.fork() == 0:
        stay()
        os._exit(0)
    os._exit(0)
""",
    "leaves many processes": _FORK
    + """
def add(a, b):
    for _ in range(32):
        if os.fork() == 0:
            stay()
            os._exit(0)
    while True: pass
""",
    "leaves a process that writes later": """
import os, time
def add(a, b):
    if os.fork() == 0:
        for _ in range(20):
            time.sleep(0.1)
            try: open('@FOLDER@/later', 'w').close()
            except OSError: pass
        os._exit(0)
    return 0
""",
    "links out of its folder": """
import os
def add(a, b):
    os.symlink('@FOLDER@', 'link')
    return a + b if open('link/secret').read() else None
""",
}
"""For `add`."""
