// The chosen variant's price beside the button.
"use strict";

for (const form of document.querySelectorAll("[data-buy]")) {
  const price = form.querySelector("[data-price]");
  form.addEventListener("change", (event) => {
    if (event.target.name !== "sku" || !price) return;
    const shown = event.target.closest(".pill").querySelector(".pill__price");
    price.querySelector(".amount").textContent = shown.textContent;
  });
}
