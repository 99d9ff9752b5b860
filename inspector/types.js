// The names of what the API returns.

/** @import { Schemas } from "../web/src/client.js" */

/** @typedef {import("../web/src/client.js").ExportRequest} ExportRequest */
/** @typedef {Schemas["ExportStatus"]} Run */
/** @typedef {Schemas["RunGraph"]} RunGraph */
/** @typedef {Schemas["GraphState"]} GraphState */
/** @typedef {Schemas["AuditRecord"]} AuditRecord */
/** @typedef {Schemas["Me"]} Me */
/** @typedef {Schemas["DatasetDescription"]} Dataset */
/** @typedef {Schemas["FormatDescription"]} FileFormat */
/** @typedef {Schemas["PresetDescription"]} Preset */
/** @typedef {Schemas["FilterDescription"]} Filter */
/** @typedef {Schemas["Estimate"]} Estimate */
/** @typedef {Schemas["FieldError"]} FieldError */
/** @typedef {Schemas["Role"]} Role */

export {};
