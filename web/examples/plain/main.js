import "invoice-export-web";

import { getToken } from "../token.js";

const element = document.querySelector("invoice-export");
element.getToken = getToken;
element.addEventListener("export-completed", (event) => {
  document.querySelector("#said").textContent =
    `${event.detail.run.rowCount} rows are ready.`;
});
