import { createApp } from "vue";

import Invoices from "./Invoices.vue";

createApp(Invoices).mount("#app");
