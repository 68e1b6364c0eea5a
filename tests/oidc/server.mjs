// A certified authorization server on loopback for tests: `node server.mjs`, settings as one line of
// JSON on stdin, one line of JSON when it is ready. It ends when its stdin does.

import { readFileSync } from 'node:fs';
import { createServer as createPlain } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { createInterface } from 'node:readline';

import { api } from './api.mjs';
import { Controls } from './controls.mjs';
import { interaction } from './pages.mjs';
import { makeProvider } from './provider.mjs';
import { Store } from './store.mjs';

const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => start(JSON.parse(line)));
lines.once('close', () => process.exit());

function start(settings) {
  const server = settings.certificate ? secure(settings.certificate) : createPlain();
  server.listen(settings.port ?? 0, '127.0.0.1', () => {
    const { port } = server.address();
    const issuer = `${settings.certificate ? 'https' : 'http'}://${settings.host}:${port}`;
    server.on('request', application(issuer, settings));
    process.stdout.write(`${JSON.stringify({ port, issuer })}\n`);
  });
}

function secure(file) {
  const pem = readFileSync(file);
  return createSecure({ cert: pem, key: pem });
}

function application(issuer, settings) {
  const store = new Store();
  Object.assign(settings, { store, resource: `${issuer}/api` });
  const controls = new Controls({ secret: settings.secret, store, settings });
  const provider = makeProvider(issuer, settings);
  const shared = { provider, settings, store, resource: settings.resource };
  provider.use((ctx, next) => controls.answer(ctx, next));
  provider.use((ctx, next) => route(ctx, next, controls, shared));
  return provider.callback();
}

async function route(ctx, next, controls, shared) {
  const [, first] = ctx.path.split('/');
  if (first === 'controls') return controls.serve(ctx, await json(ctx.req));
  if (first === 'interaction') return interaction(ctx, shared);
  if (first === 'api') {
    controls.count(ctx.path);
    return api(ctx, shared);
  }
  await next();
  if (ctx.path === '/token') tell(ctx, controls, shared.settings);
  if (ctx.path === '/token/revocation') controls.count(`revocation ${ctx.status}`);
  return undefined;
}

/** Count, and leave out of the answer what this service does not tell. */
function tell(ctx, controls, { omitted }) {
  controls.note(ctx);
  for (const name of ctx.status === 200 ? omitted : []) delete ctx.body[name];
}

async function json(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return text ? JSON.parse(text) : {};
}
