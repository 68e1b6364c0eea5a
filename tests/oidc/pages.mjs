// The one page of the service: who are you, and may this app do what it asks for.

const escaped = (text) =>
  String(text).replace(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0)};`);

/** Show the page, and take its answer. */
export async function interaction(ctx, { provider, settings, resource }) {
  const details = await provider.interactionDetails(ctx.req, ctx.res);
  if (ctx.method === 'GET') {
    ctx.type = 'html';
    ctx.body = page(details, settings);
    return;
  }
  const chosen = await form(ctx.req);
  const result = chosen.get('answer') === 'refuse'
    ? { error: 'access_denied', error_description: 'The person said no.' }
    : await agreed(chosen, details, { provider, settings, resource });
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
}

function page({ params }, { accounts }) {
  const scopes = (params.scope ?? '').split(' ').filter(Boolean);
  const boxes = scopes.map((scope) => `<label><input type="checkbox" name="scope"
    value="${escaped(scope)}" checked> ${escaped(scope)}</label>`);
  const buttons = Object.entries(accounts).map(([id, { name }]) =>
    `<button name="account" value="${escaped(id)}">Continue as ${escaped(name)}</button>`);
  return `<!doctype html><html lang="en"><title>Sign in to the test service</title>
    <h1>${escaped(params.client_id)} asks for access</h1>
    <form method="post">${boxes.join('')}${buttons.join('')}
    <button name="answer" value="refuse">Refuse</button></form></html>`;
}

/** Give the grant that the person agreed to: one of its own, or the account's only one. */
async function agreed(chosen, { params }, { provider, settings, resource }) {
  const accountId = chosen.get('account');
  const granted = chosen.getAll('scope');
  const asked = (params.scope ?? '').split(' ').filter(Boolean);
  const known = settings.sharedGrants
    ? settings.store.all('Grant').find((grant) => grant.accountId === accountId && grant.clientId === params.client_id)
    : undefined;
  const grant = known
    ? await provider.Grant.find(known.jti)
    : new provider.Grant({ accountId, clientId: params.client_id });
  const refused = asked.filter((scope) => !granted.includes(scope));
  grant.addOIDCScope(granted.join(' '));
  grant.addResourceScope(resource, granted.join(' '));
  if (refused.length) {
    grant.rejectOIDCScope(refused.join(' '));
    grant.rejectResourceScope(resource, refused.join(' '));
  }
  return { login: { accountId, remember: false }, consent: { grantId: await grant.save() } };
}

/** Read a form (application/x-www-form-urlencoded). */
export async function form(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return new URLSearchParams(text);
}
