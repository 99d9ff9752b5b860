// Shows who is signed in and which organisation is open, and switches both.

import { h } from "../web/src/dom.js";

import { $ } from "./page.js";
import { WorkshopSession } from "./session.js";

/** @import { App } from "./app.js" */

/** @param {App} app */
export function drawHeader(app) {
  const { memberships } = app.me;
  const here = memberships.find((m) => m.organizationId === app.organization);
  const organization =
    memberships.length > 1
      ? choice({
          label: "Organisation",
          value: app.organization,
          options: memberships.map((m) => [m.organizationId, m.organizationName]),
          onChoose: (id) => app.switchOrganization(id),
        })
      : h("span", { className: "org" }, here?.organizationName ?? "no organisation");
  const role = here ? h("span", { className: "badge role" }, here.role) : "";
  $("user").replaceChildren(organization, role, ...person(app));
}

/** @param {App} app */
function person(app) {
  const { session } = app;
  if (session instanceof WorkshopSession) {
    return [
      choice({
        label: "Signed in as",
        value: app.me.userId,
        options: session.identities.map((identity) => [
          identity.userId,
          `${identity.name} · ${identity.organizationName}`,
        ]),
        onChoose: (userId) => {
          session.switchTo(userId);
          void app.restart();
        },
      }),
    ];
  }
  const signOut = h("button", { type: "button" }, "Sign out");
  signOut.addEventListener("click", () => void session.signOut());
  return [h("span", { className: "name" }, app.me.name), signOut];
}

/**
 * @param {object} choice
 * @param {string} choice.label
 * @param {string} choice.value
 * @param {[string, string][]} choice.options values and their texts
 * @param {(value: string) => void} choice.onChoose
 */
function choice({ label, value, options, onChoose }) {
  const select = h(
    "select",
    {},
    options.map(([id, text]) =>
      h("option", { value: id, selected: id === value }, text),
    ),
  );
  select.addEventListener("change", () => onChoose(select.value));
  return h(
    "label",
    { className: "choice" },
    h("span", { className: "unseen" }, label),
    select,
  );
}
