// Who is signed in. Tokens stay in this tab, in memory or in its session storage.

import { ask } from "./workshop.js";

/** @import { User, UserManager } from "oidc-client-ts" */

/**
 * The inspector's settings, from `inspector/config.json`.
 * @typedef {object} Config
 * @property {string} stage
 * @property {string} issuer
 * @property {string | null} clientId
 * @property {string} audience
 * @property {string} scope
 * @property {string | null} signOutUrl where Cognito ends a session
 * @property {string | null} workshopUrl on local stages only
 * @property {string | null} consoleUrl
 */

/**
 * @typedef {object} Identity
 * @property {string} userId
 * @property {string} name
 * @property {string} organizationId
 * @property {string} organizationName
 */

const CHOSEN = "invoice-export.identity";

/** The laptop's sample users; the workshop hands out their tokens. */
export class WorkshopSession {
  /** @type {Identity[]} */
  identities = [];
  #user = "";
  /** @type {Map<string, string>} */
  #tokens = new Map();

  /** @param {string} url the workshop's */
  constructor(url) {
    this.url = url;
  }

  async start() {
    /** @type {{identities: Identity[]}} */
    const { identities } = await ask(this.url, "identities");
    this.identities = identities;
    const chosen = sessionStorage.getItem(CHOSEN);
    const known = identities.find(({ userId }) => userId === chosen) ?? identities[0];
    this.#user = known?.userId ?? "";
    return true;
  }

  /** @param {string} userId */
  switchTo(userId) {
    this.#user = userId;
    sessionStorage.setItem(CHOSEN, userId);
  }

  token() {
    return this.tokenOf(this.#user);
  }

  /** @param {string} userId */
  async tokenOf(userId) {
    const known = this.#tokens.get(userId);
    if (known) return known;
    /** @type {{token: string}} */
    const { token } = await ask(this.url, "tokens", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ userId }),
    });
    this.#tokens.set(userId, token);
    return token;
  }

  renew() {
    return Promise.resolve(this.#tokens.delete(this.#user));
  }
}

/** Users of an OIDC issuer: authorization code with PKCE, renewed by refresh token. */
export class OidcSession {
  #config;
  /** The inspector's URL without a query: the redirect address that the issuer knows. */
  #here = new URL(location.pathname, location.origin).href;
  /** @type {UserManager} */
  #manager;
  /** @type {User | null} */
  #user = null;

  /**
   * @param {Config} config
   * @param {{onEnd: () => void}} listeners
   */
  constructor(config, { onEnd }) {
    this.#config = config;
    this.#manager = newUserManager(config, this.#here);
    this.#manager.events.addUserLoaded((user) => {
      this.#user = user;
    });
    this.#manager.events.addAccessTokenExpired(async () => {
      if (!(await this.renew())) onEnd();
    });
  }

  /** Returns whether somebody is signed in. */
  async start() {
    const query = new URLSearchParams(location.search);
    if (query.has("state") && (query.has("code") || query.has("error"))) {
      await this.#finishSignIn();
    }
    this.#user ??= await this.#manager.getUser();
    if (this.#user?.expired) await this.renew();
    return Boolean(this.#user && !this.#user.expired);
  }

  async #finishSignIn() {
    try {
      this.#user = await this.#manager.signinRedirectCallback();
      const { search = "" } = /** @type {{search?: string}} */ (this.#user.state ?? {});
      history.replaceState(null, "", `${location.pathname}${search}`);
    } catch (error) {
      history.replaceState(null, "", location.pathname);
      throw error;
    }
  }

  token() {
    return Promise.resolve(this.#user?.access_token ?? "");
  }

  async renew() {
    if (!this.#user?.refresh_token) return false;
    try {
      this.#user = await this.#manager.signinSilent();
      return true;
    } catch {
      return false;
    }
  }

  signIn() {
    return this.#manager.signinRedirect({ state: { search: location.search } });
  }

  async signOut() {
    if (this.#config.signOutUrl) {
      await this.#signOutOfCognito(this.#config.signOutUrl);
    } else if (await this.#manager.metadataService.getEndSessionEndpoint()) {
      await this.#manager.signoutRedirect();
    } else {
      await this.#manager.removeUser();
      location.assign(location.pathname);
    }
  }

  /**
   * Cognito's sign-out has an address and parameter names of its own.
   * @param {string} signOutUrl
   */
  async #signOutOfCognito(signOutUrl) {
    await this.#manager.revokeTokens(["refresh_token"]).catch(() => {});
    await this.#manager.removeUser();
    const url = new URL(signOutUrl);
    url.searchParams.set("client_id", this.#config.clientId ?? "");
    url.searchParams.set("logout_uri", this.#here);
    location.assign(url.href);
  }
}

/**
 * @param {Config} config
 * @param {string} here
 */
function newUserManager(config, here) {
  // index.html loads the library as a classic script: its modules import another package.
  const { oidc } = /** @type {{oidc: typeof import("oidc-client-ts")}} */ (
    /** @type {unknown} */ (globalThis)
  );
  return new oidc.UserManager({
    authority: config.issuer,
    client_id: config.clientId ?? "",
    redirect_uri: here,
    post_logout_redirect_uri: here,
    response_type: "code",
    scope: config.scope,
    extraQueryParams: { audience: config.audience },
    userStore: new oidc.WebStorageStateStore({ store: sessionStorage }),
    stateStore: new oidc.WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: true,
    revokeTokensOnSignout: true,
  });
}
