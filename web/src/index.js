// Defines <invoice-export>, and exports the element's class and the client.

import { InvoiceExport } from "./element.js";

export { ExportClient } from "./client.js";
export { InvoiceExport } from "./element.js";
export { Problem, Unavailable } from "./problems.js";
export { languages } from "./texts.js";

if (!customElements.get("invoice-export")) {
  customElements.define("invoice-export", InvoiceExport);
}
