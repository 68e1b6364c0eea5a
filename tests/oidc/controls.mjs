// What tests may do to the service behind its back, by a header with a random secret.

import { timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** Counts, and what the next answers shall be. */
export class Controls {
  constructor({ secret, store, settings }) {
    Object.assign(this, { secret, store, settings });
    this.reset();
  }

  reset() {
    this.answers = []; // { path, kind, ... } in order; each holds for one request to its path
    this.counts = {}; // "authorization_code", "refresh_token", "reused", "/api/me" ... -> how often
    this.tokens = new Map(); // refresh token -> how often it was sent
  }

  count(what) {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  /** Note a request to the token endpoint after the provider did its work. */
  note(ctx) {
    const { params, entities = {} } = ctx.oidc ?? {};
    const kind = params?.grant_type ?? 'unknown';
    this.count(ctx.status === 200 ? kind : `${kind} ${ctx.body?.error ?? ctx.status}`);
    if (kind !== 'refresh_token') return;
    const sent = params.refresh_token;
    this.tokens.set(sent, (this.tokens.get(sent) ?? 0) + 1);
    if (entities.RefreshToken?.consumed && ctx.status !== 200) this.count('reused');
  }

  /** Carry out what was ordered for this path, around the provider's own work. */
  async answer(ctx, next) {
    const index = this.answers.findIndex(({ path }) => path === ctx.path);
    const [ordered] = index < 0 ? [{ kind: 'own' }] : this.answers.splice(index, 1);
    if (ordered.kind === 'status') {
      this.count(`${ctx.path} ${ordered.status}`);
      ctx.status = ordered.status;
      ctx.set(ordered.headers ?? {});
      ctx.body = ordered.body ?? {};
      return;
    }
    await next();
    if (ordered.kind === 'own') return;
    this.count(`${ctx.path} ${ordered.kind}`);
    if (ordered.kind === 'delay') await sleep(ordered.seconds * 1000);
    if (ordered.kind === 'replace') ctx.body = ordered.body;
    if (ordered.kind === 'drop') hangUp(ctx, '');
    if (ordered.kind === 'cut') hangUp(ctx, half(ctx.body));
  }

  /** The tests' own paths. */
  async serve(ctx, body) {
    if (!isSame(ctx.get('x-test-secret'), this.secret)) return void (ctx.status = 404);
    const act = ctx.path.slice('/controls/'.length);
    const acts = {
      answers: () => void this.answers.push(...body),
      settings: () => void Object.assign(this.settings, body),
      reset: () => this.reset(),
      revoke: () => ({ revoked: this.store.revoke(matcher(body)) }),
      state: () => this.state(),
    };
    ctx.status = acts[act] ? 200 : 404;
    ctx.body = acts[act]?.() ?? {};
  }

  state() {
    const used = [...this.tokens.values()];
    return {
      counts: this.counts,
      waiting: this.answers.length,
      grants: this.store.all('Grant').map(({ accountId, clientId }) => ({ account: accountId, client: clientId })),
      refresh_tokens: {
        living: this.store.all('RefreshToken').filter(({ consumed }) => !consumed).length,
        consumed: this.store.all('RefreshToken').filter(({ consumed }) => consumed).length,
        most_uses: Math.max(0, ...used),
        used: used.length,
      },
    };
  }
}

const half = (body) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return text.slice(0, text.length / 2);
};

/** End the connection with a beginning of an answer, or with none. */
function hangUp(ctx, beginning) {
  ctx.respond = false;
  if (!beginning) return ctx.req.socket.destroy();
  ctx.res.writeHead(200, { 'content-type': 'application/json', 'content-length': beginning.length * 2 });
  ctx.res.write(beginning, () => ctx.req.socket.destroy());
}

const matcher = ({ account, client }) => (grant) =>
  (!account || grant.accountId === account) && (!client || grant.clientId === client);

function isSame(given, secret) {
  const [left, right] = [Buffer.from(given), Buffer.from(secret)];
  return left.length === right.length && timingSafeEqual(left, right);
}
