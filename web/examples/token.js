// Asks the page's own server, which knows who is signed in, for a token of the export.

let token = "";

/**
 * @param {string} [refused] a token that the export's API refused
 * @returns {Promise<string>}
 */
export async function getToken(refused) {
  if (!token || token === refused) {
    const response = await fetch("/token");
    token = await response.text();
  }
  return token;
}
