'use strict';
// Conformance section 1: one JSON object a line in, one out, in order.
const { ready } = require('./hash');
const { Refusal } = require('./refusal');
const { version } = require('./package.json');

async function answer(all, request) {
  const run = Object.hasOwn(all, request.op) ? all[request.op] : null;
  if (!run) return { id: request.id, error: 'unsupported' };
  try {
    return { id: request.id, ok: await run(request) };
  } catch (error) {
    if (error instanceof Refusal) return { id: request.id, error: error.code, detail: error.message };
    throw error;
  }
}

async function main() {
  await ready;
  const all = {
    ...require('./operations').operations,
    ...require('./compare-operations').operations,
    ...require('./session-operation').operations,
    ...require('./live').operations,
  };
  all.capabilities = () => ({ name: 'p2pblog-node-end', version, ops: Object.keys(all) });
  for await (const line of lines(process.stdin)) {
    if (line.trim() === '') continue;
    process.stdout.write(JSON.stringify(await answer(all, JSON.parse(line))) + '\n');
  }
  process.exit(0);
}

async function* lines(stream) {
  let chunks = [];
  for await (const chunk of stream) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      chunks.push(chunk.subarray(from, at));
      yield Buffer.concat(chunks).toString('utf8');
      chunks = [];
      from = at + 1;
    }
    chunks.push(chunk.subarray(from));
  }
  const rest = Buffer.concat(chunks).toString('utf8');
  if (rest) yield rest;
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
