// Every way in which node has several things at once: processes that share a server, threads that share memory, children, and
// a directory that is watched.
import { spawnSync } from 'node:child_process';
import cluster from 'node:cluster';
import fs from 'node:fs';
import http from 'node:http';
import { Worker } from 'node:worker_threads';

const PORT = 3000;

if (cluster.isPrimary) {
    const ready = [1, 2].map(() => new Promise((done) => cluster.fork().once('listening', done)));
    await Promise.all(ready);
    const answers = new Set();
    while (answers.size < 2) answers.add(await (await fetch(`http://127.0.0.1:${PORT}/`)).text());
    console.log('processes that answered', answers.size);
    for (const worker of Object.values(cluster.workers)) worker.kill();

    const memory = new Int32Array(new SharedArrayBuffer(4));
    const text = `const { workerData } = require('node:worker_threads');
        for (let i = 0; i < 10000; i++) Atomics.add(workerData, 0, 1);`;
    const threads = [1, 2, 3, 4].map(() => new Worker(text, { eval: true, workerData: memory }));
    await Promise.all(threads.map((thread) => new Promise((done) => thread.once('exit', done))));
    console.log('counted by threads', memory[0]);

    const child = spawnSync('sh', ['-c', 'tr a-z A-Z'], { input: 'from a child' });
    console.log(String(child.stdout));

    fs.mkdirSync('watched', { recursive: true });
    const change = new Promise((done) => {
        const watcher = fs.watch('watched', (_kind, name) => {
            watcher.close();
            done(name);
        });
    });
    fs.writeFileSync('watched/new.txt', '');
    console.log('saw', await change);
} else {
    http.createServer((_request, answer) => {
        answer.setHeader('Connection', 'close');
        answer.end(String(process.pid));
    }).listen(PORT, '127.0.0.1');
}
