// What an address must hold, and what that is called, depends on its country: say so when another is chosen.
"use strict";

document.addEventListener("change", (event) => {
  if (event.target.name !== "country") return;
  const country = event.target.value;
  for (const input of event.target.form.querySelectorAll("[data-needed-in]")) {
    const isNeeded = input.dataset.neededIn.split(" ").includes(country);
    const words = JSON.parse(input.dataset.labels)[country];
    const [label] = input.labels;
    input.setAttribute("aria-required", isNeeded);
    label.querySelector(".field__optional").hidden = isNeeded;
    if (words) label.querySelector(".field__label").textContent = words;
  }
});
