// Another country has other delivery methods: ask for them and swap only those.
"use strict";

document.addEventListener("change", (event) => {
  if (event.target.name !== "country") return;
  const form = event.target.form;
  htmx.ajax("POST", form.action, {
    source: form, target: "#methods", select: "#methods", swap: "outerHTML", values: { change: "1" },
  });
});
