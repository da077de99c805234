// A server that does nothing but what every durable call needs: it reads a JSON body, writes a block over another in a file, waits until the
// disk has it, and answers. Run as a process of its own: `node bench/bare-durable-server.ts FILE`; its port is the line it prints.
import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const BLOCKS = 256;
const block = Buffer.alloc(4096, 1);
const file = openSync(process.argv[2] as string, 'w');
for (let at = 0; at < BLOCKS; at++) writeSync(file, block, 0, block.length, at * block.length);
fdatasyncSync(file);

let calls = 0;
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    JSON.parse(Buffer.concat(parts).toString('utf8'));
    writeSync(file, block, 0, block.length, (calls++ % BLOCKS) * block.length);
    fdatasyncSync(file);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 });
    response.end('{}');
  });
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
