import "invoice-export-web";

import { useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";

import { getToken } from "../token.js";

function Invoices() {
  const [said, say] = useState("");
  const element = useRef(null);
  useEffect(() => {
    const { current } = element;
    const completed = (event) => say(`${event.detail.run.rowCount} rows are ready.`);
    current.addEventListener("export-completed", completed);
    return () => current.removeEventListener("export-completed", completed);
  }, []);
  return (
    <>
      <h1>Invoices</h1>
      <invoice-export
        ref={element}
        base-url={import.meta.env.VITE_EXPORT_URL}
        getToken={getToken}
      />
      <p id="said" role="status">
        {said}
      </p>
    </>
  );
}

createRoot(document.querySelector("#app")).render(<Invoices />);
