# What asyncio waits for: sockets of both kinds, programs, pipes, threads and signals.
import asyncio
import os
import signal
import tempfile


async def upper(reader, writer):
    writer.write((await reader.readline()).upper())
    await writer.drain()
    writer.close()


async def ask(opened):
    reader, writer = await opened
    writer.write(b"hello\n")
    answer = await reader.readline()
    writer.close()
    return answer.decode().strip()


async def main():
    server = await asyncio.start_server(upper, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    answers = await asyncio.gather(*[ask(asyncio.open_connection("127.0.0.1", port)) for _ in range(200)])
    print("tcp", set(answers), len(answers))
    path = os.path.join(tempfile.mkdtemp(), "socket")
    await asyncio.start_unix_server(upper, path)
    print("unix", await ask(asyncio.open_unix_connection(path)))
    pipe = asyncio.subprocess.PIPE
    programs = [await asyncio.create_subprocess_exec("cat", stdin=pipe, stdout=pipe) for _ in range(20)]
    outputs = await asyncio.gather(*[program.communicate(b"x" * 100_000) for program in programs])
    print("programs", {len(output) for output, _ in outputs}, {program.returncode for program in programs})
    print("thread", await asyncio.to_thread(sum, range(10)))
    came = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, came.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await came.wait()
    print("signal")


asyncio.run(main())
