// A resource behind the provider's tokens: who am I, and a few orders to read.

import { createLocalJWKSet, jwtVerify } from 'jose';

const ORDERS = [1, 2, 3].map((id) => ({ id, item: `Item ${id}` }));

/** Answer /api/me and /api/orders for a valid access token; anything else is refused. */
export async function api(ctx, { provider, settings, store }) {
  const token = (ctx.get('authorization').match(/^Bearer (\S+)$/i) ?? [])[1];
  const found = token && (await read(token, { provider, settings, store }));
  if (!found) {
    ctx.status = 401;
    ctx.set('WWW-Authenticate', 'Bearer error="invalid_token"'); // RFC 6750 section 3
    ctx.body = { error: 'invalid_token' };
    return;
  }
  ctx.set('X-Scopes', found.scope ?? '');
  ctx.body = ctx.path === '/api/me' ? me(found, settings) : orders(ctx, found);
}

const me = ({ account, client }, { accounts }) =>
  ({ id: account ?? client, name: accounts[account]?.name ?? client, client });

function orders(ctx, { scope = '' }) {
  if (ctx.path === '/api/orders' && scope.split(' ').includes('read')) return { orders: ORDERS };
  ctx.status = ctx.path === '/api/orders' ? 403 : 404;
  return { error: ctx.status === 403 ? 'insufficient_scope' : 'not_found' };
}

/** Give what a token says, or nothing when it does not hold (any more). */
async function read(token, { provider, settings, store }) {
  if (settings.tokens === 'jwt' && token.split('.').length === 3) return readJwt(token, { provider, settings, store });
  const found = (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token));
  return found && { account: found.accountId, client: found.clientId, scope: found.scope };
}

/** A JWT is kept nowhere, so that its grant says whether it was revoked. */
async function readJwt(token, { provider, settings, store }) {
  const keys = createLocalJWKSet({ keys: [settings.signingKey.shown] });
  const wanted = { issuer: provider.issuer, audience: settings.resource, clockTolerance: 0 };
  const { payload } = await jwtVerify(token, keys, wanted).catch(() => ({}));
  if (!payload) return undefined;
  const { sub, client_id: client, scope } = payload;
  const account = sub === client ? undefined : sub;
  const isGranted = ({ accountId, clientId }) => accountId === account && clientId === client;
  return !account || store.all('Grant').some(isGranted) ? { account, client, scope } : undefined;
}
