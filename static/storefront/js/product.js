// The chosen variant's price beside the button, and the stepper's two buttons.
"use strict";

for (const form of document.querySelectorAll("[data-buy]")) {
  const price = form.querySelector("[data-price]");
  form.addEventListener("change", (event) => {
    if (event.target.name !== "sku" || !price) return;
    const shown = event.target.closest(".pill").querySelector(".pill__price");
    price.querySelector(".amount").textContent = shown.textContent;
  });
}

for (const stepper of document.querySelectorAll("[data-stepper]")) {
  const input = stepper.querySelector("input");
  for (const button of stepper.querySelectorAll("[data-step]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const wanted = (Number(input.value) || 0) + Number(button.dataset.step);
      input.value = String(Math.min(Math.max(wanted, Number(input.min)), Number(input.max)));
    });
  }
}
