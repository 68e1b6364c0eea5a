// oidc-provider as the tests want it: rotation with reuse detection, PKCE, short lives, one page.

import { generateKeyPairSync } from 'node:crypto';
import Provider, { errors, interactionPolicy } from 'oidc-provider';

/** Make the provider. `settings` may change while it runs; the provider asks it each time. */
export function makeProvider(issuer, settings) {
  settings.signingKey = makeKey();
  return new Provider(issuer, {
    adapter: settings.store.adapter,
    clients: settings.clients.map(client),
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clockTolerance: 0,
    cookies: { keys: [settings.secret], short: { overwrite: true }, long: { overwrite: true } },
    expiresWithSession: () => false,
    features: features(settings),
    findAccount: (_ctx, id) => settings.accounts[id] && { accountId: id, claims: () => ({ sub: id }) },
    interactions: { policy: policy(), url: (_ctx, { uid }) => `/interaction/${uid}` },
    issueRefreshToken: async (_ctx, { grantTypes }) => grantTypes.includes('refresh_token'),
    jwks: { keys: [settings.signingKey.kept] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    pkce: { required: () => settings.pkce },
    responseTypes: ['code'],
    rotateRefreshToken: () => settings.rotate,
    scopes: ['openid', ...settings.scopes],
    ttl: {
      AccessToken: () => settings.accessSeconds,
      AuthorizationCode: () => settings.codeSeconds,
      ClientCredentials: () => settings.accessSeconds,
      Grant: 86_400,
      IdToken: 600,
      Interaction: 600,
      RefreshToken: () => settings.refreshSeconds,
      Session: 600,
    },
  });
}

function features(settings) {
  return {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => settings.resource,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, indicator) => resourceServer(indicator, settings),
    },
    revocation: { enabled: true },
    userinfo: { enabled: false },
  };
}

/** How tokens for our API look (RFC 8707 names it; apps need not). */
function resourceServer(indicator, settings) {
  if (indicator !== settings.resource) throw new errors.InvalidTarget();
  return {
    accessTokenFormat: settings.tokens,
    accessTokenTTL: settings.accessSeconds,
    audience: indicator,
    jwt: { sign: { alg: 'ES256' } },
    scope: settings.scopes.join(' '),
  };
}

function client({ id, secret, authentication = 'basic', redirectUris = [], grants, ...more }) {
  const methods = { basic: 'client_secret_basic', post: 'client_secret_post', none: 'none' };
  return {
    client_id: id,
    ...(secret && { client_secret: secret }),
    token_endpoint_auth_method: methods[authentication] ?? authentication,
    redirect_uris: redirectUris,
    response_types: redirectUris.length ? ['code'] : [],
    grant_types: grants ?? ['authorization_code', 'refresh_token'],
    ...more,
  };
}

/** Ask the person each time, as services with several accounts do. */
function policy() {
  const { Check, base } = interactionPolicy;
  const found = base();
  found.get('login').checks.add(
    new Check('always', 'the person is asked each time', (ctx) =>
      ctx.oidc.result ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT),
  );
  return found;
}

/** A key that is made for this process: what the provider keeps, and what others may see of it. */
function makeKey() {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const more = { alg: 'ES256', use: 'sig', kid: 'tests' };
  const written = (key) => ({ ...key.export({ format: 'jwk' }), ...more });
  return { kept: written(pair.privateKey), shown: written(pair.publicKey) };
}
