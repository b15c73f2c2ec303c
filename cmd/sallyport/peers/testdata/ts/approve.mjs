// Makes the same call again for every line on stdin, with the options of the job, and prints a line of JSON about each.
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const info = { name: 'peer', version: '1.0.0' };
let client, transport, call;
if (job.sdk === 'v1') {
  const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
  const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
  client = new Client(info, { capabilities: {} });
  transport = new StdioClientTransport({ command: job.command, args: job.args, env: job.env, stderr: 'inherit' });
  call = (params, options) => client.callTool(params, undefined, options);
} else {
  const { Client } = await import('@modelcontextprotocol/client');
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
  client = new Client(info, { capabilities: {}, versionNegotiation: { mode: 'auto' } });
  transport = new StdioClientTransport({ command: job.command, args: job.args, env: job.env, stderr: 'inherit' });
  call = (params, options) => client.callTool(params, options);
}
await client.connect(transport);
const options = { ...job.options };
let reports = 0;
if (options.progress) {
  delete options.progress;
  options.onprogress = () => { reports++; };
}
for await (const _ of createInterface({ input: process.stdin })) {
  const line = {};
  try {
    const result = await call(job.call, options);
    line.error = result.isError === true;
    line.text = result.content[0].text;
  } catch (e) {
    line.thrown = e.message;
  }
  line.reports = reports;
  console.log(JSON.stringify(line));
}
await client.close();
