// What the drivers answer when a server asks the client, and how they run a job.
import { readFileSync } from 'node:fs';

export const info = { name: 'peer', version: '1.0.0' };
export const capabilities = { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } };

const answers = {
  'sampling/createMessage': {
    role: 'assistant',
    model: 'peer-model',
    stopReason: 'endTurn',
    content: { type: 'text', text: 'hello from the peer' },
  },
  'elicitation/create': { action: 'accept', content: { name: 'Ada', username: 'ada', color: 'blue' } },
  'roots/list': { roots: [{ uri: 'file:///peer', name: 'peer' }] },
};

export const answer = (method) => async () => answers[method];
export const methods = Object.keys(answers);

// job is {command, args, env, version, steps}, read from the file that the only argument names.
export const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));

// run sends the steps one after the other and prints one line of JSON for each.
export async function run(send) {
  for (const step of job.steps) {
    // How many reports precede the result is a race inside the SDK, so none are printed.
    const options = step.progress ? { onprogress: () => {} } : {};
    const line = { method: step.method };
    try {
      line.result = await send({ method: step.method, params: step.params }, options);
    } catch (e) {
      line.error = { code: e.code, message: e.message };
    }
    console.log(JSON.stringify(line));
  }
}
