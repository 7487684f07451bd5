# Every way in which Python starts processes, and what they share.
import concurrent.futures
import multiprocessing
import multiprocessing.shared_memory
import os


def square(number):
    return number * number


def fill(name, lock, counter):
    shared = multiprocessing.shared_memory.SharedMemory(name)
    for _ in range(1000):
        with lock:
            counter.value += 1
    shared.buf[0] = 7
    shared.close()


def main():
    for method in ["fork", "spawn", "forkserver"]:
        with multiprocessing.get_context(method).Pool(3) as pool:
            print(method, sum(pool.map(square, range(100))))
    with multiprocessing.Manager() as manager:
        values = manager.dict()
        child = multiprocessing.Process(target=values.update, args=({"key": "value"},))
        child.start()
        child.join()
        print("manager", dict(values))
    shared = multiprocessing.shared_memory.SharedMemory(create=True, size=4096)
    lock, counter = multiprocessing.Lock(), multiprocessing.Value("i", 0)
    children = [multiprocessing.Process(target=fill, args=(shared.name, lock, counter)) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print("shared", shared.buf[0], counter.value)
    shared.close()
    shared.unlink()
    with concurrent.futures.ProcessPoolExecutor(2) as executor:
        print("executor", executor.submit(os.path.basename, "a/b").result())


if __name__ == "__main__":
    main()
