// A client of the TypeScript SDK, version 1: legacy revisions only.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { answer, capabilities, info, job, run } from './answers.mjs';

const client = new Client(info, { capabilities });
client.setRequestHandler(CreateMessageRequestSchema, answer('sampling/createMessage'));
client.setRequestHandler(ElicitRequestSchema, answer('elicitation/create'));
client.setRequestHandler(ListRootsRequestSchema, answer('roots/list'));

const { command, args, env } = job;
await client.connect(new StdioClientTransport({ command, args, env, stderr: 'inherit' }));
await run((request, options) => client.request(request, ResultSchema, options));
await client.close();
