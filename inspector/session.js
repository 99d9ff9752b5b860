// Who is signed in. Tokens stay in this tab: in memory, or in its session storage.

import { Away } from "./api.js";

const CHOSEN = "invoice-export.identity";

/** Sample users of the laptop stack, whose tokens the workshop hands out. */
export class WorkshopSession {
  canSwitch = true;
  identities = [];
  user;
  #url;
  #tokens = new Map();

  constructor(config) {
    this.#url = config.workshopUrl;
  }

  async start() {
    const answer = await fetch(`${this.#url}/identities`);
    this.identities = (await answer.json()).identities;
    const chosen = sessionStorage.getItem(CHOSEN);
    const known = this.identities.some(({ userId }) => userId === chosen);
    this.user = known ? chosen : this.identities[0].userId;
    return true;
  }

  switchTo(user) {
    this.user = user;
    sessionStorage.setItem(CHOSEN, user);
  }

  async token() {
    return this.tokenOf(this.user);
  }

  async tokenOf(userId) {
    if (!this.#tokens.has(userId)) {
      const answer = await fetch(`${this.#url}/tokens`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ userId }),
      }).catch((error) => {
        throw new Away("The workshop cannot be reached.", { cause: error });
      });
      if (!answer.ok) throw new Error(`no token for ${userId}`);
      this.#tokens.set(userId, (await answer.json()).token);
    }
    return this.#tokens.get(userId);
  }

  async renew() {
    return this.#tokens.delete(this.user);
  }
}

/** People of an OIDC issuer: authorization code with PKCE, renewed by refresh token. */
export class OidcSession {
  canSwitch = false;
  #config;
  #here;
  #manager;
  #user;

  constructor(config, { onEnd }) {
    const here = new URL(location.pathname, location.origin).href;
    this.#config = config;
    this.#here = here;
    // Loaded by index.html as a classic script: the library brings no other module.
    const { UserManager, WebStorageStateStore } = globalThis.oidc;
    this.#manager = new UserManager({
      authority: config.issuer,
      client_id: config.clientId,
      redirect_uri: here,
      post_logout_redirect_uri: here,
      response_type: "code",
      scope: config.scope,
      extraQueryParams: { audience: config.audience },
      userStore: new WebStorageStateStore({ store: sessionStorage }),
      stateStore: new WebStorageStateStore({ store: sessionStorage }),
      automaticSilentRenew: true,
      revokeTokensOnSignout: true,
    });
    this.#manager.events.addUserLoaded((user) => (this.#user = user));
    this.#manager.events.addAccessTokenExpired(async () => {
      if (!(await this.renew())) onEnd();
    });
  }

  /** Answers whether somebody is signed in. */
  async start() {
    const asked = new URLSearchParams(location.search);
    if (asked.has("state") && (asked.has("code") || asked.has("error"))) {
      try {
        this.#user = await this.#manager.signinRedirectCallback();
        history.replaceState(
          null,
          "",
          `${location.pathname}${this.#user.state?.search ?? ""}`,
        );
      } catch (error) {
        history.replaceState(null, "", location.pathname);
        throw error;
      }
    }
    this.#user = this.#user ?? (await this.#manager.getUser());
    if (this.#user?.expired) await this.renew();
    return Boolean(this.#user && !this.#user.expired);
  }

  async token() {
    return this.#user?.access_token;
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
    if (this.#config.signOutUrl) return this.#signOutOfCognito();
    const ends = await this.#manager.metadataService.getEndSessionEndpoint();
    if (ends) await this.#manager.signoutRedirect();
    else {
      await this.#manager.removeUser();
      location.assign(location.pathname);
    }
  }

  // Cognito ends a session at an address and with names of its own.
  async #signOutOfCognito() {
    await this.#manager.revokeTokens(["refresh_token"]).catch(() => {});
    await this.#manager.removeUser();
    const url = new URL(this.#config.signOutUrl);
    url.searchParams.set("client_id", this.#config.clientId);
    url.searchParams.set("logout_uri", this.#here);
    location.assign(url.href);
  }
}
