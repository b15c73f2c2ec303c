// A client of the TypeScript SDK, version 2: it probes with server/discover and falls back to initialize.
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { answer, capabilities, info, job, methods, run } from './answers.mjs';

const client = new Client(info, { capabilities, versionNegotiation: { mode: 'auto' } });
for (const method of methods) client.setRequestHandler(method, answer(method));

const { command, args, env } = job;
await client.connect(new StdioClientTransport({ command, args, env, stderr: 'inherit' }));
await run((request, options) => client.request(request, options));
await client.close();
