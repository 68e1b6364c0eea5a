// What the provider keeps: plain maps, so that tests can count and revoke. Nothing outlives the process.

const LIVES_BY_GRANT = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);

export class Store {
  constructor() {
    this.rows = new Map(); // "RefreshToken:id" -> { payload, endsAt }
  }

  /** What oidc-provider calls for each of its models (its documentation: "adapter"). */
  adapter = (model) => ({
    upsert: async (id, payload, expiresIn) => {
      this.rows.set(`${model}:${id}`, { payload, endsAt: Date.now() + (expiresIn ?? Infinity) * 1000 });
    },
    find: async (id) => this.#living(`${model}:${id}`),
    findByUid: async (uid) => this.all(model).find((payload) => payload.uid === uid),
    findByUserCode: async () => undefined,
    destroy: async (id) => void this.rows.delete(`${model}:${id}`),
    consume: async (id) => {
      this.rows.get(`${model}:${id}`).payload.consumed = Math.floor(Date.now() / 1000);
    },
    revokeByGrantId: async (grantId) => this.#forget(grantId, new Set([model])),
  });

  all(model) {
    const found = [...this.rows.keys()].filter((key) => key.startsWith(`${model}:`));
    return found.map((key) => this.#living(key)).filter(Boolean);
  }

  /** End grants as a service does when a person withdraws them: nothing of them works any more. */
  revoke(matches) {
    const grants = this.all('Grant').filter(matches);
    for (const { jti } of grants) {
      this.rows.delete(`Grant:${jti}`);
      this.#forget(jti, LIVES_BY_GRANT);
    }
    return grants.length;
  }

  #living(key) {
    const row = this.rows.get(key);
    return row && row.endsAt > Date.now() ? row.payload : undefined;
  }

  #forget(grantId, models) {
    for (const [key, { payload }] of this.rows) {
      if (payload.grantId === grantId && models.has(key.split(':')[0])) this.rows.delete(key);
    }
  }
}
