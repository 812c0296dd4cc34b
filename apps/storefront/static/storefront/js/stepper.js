// The two buttons beside a number; without this script the number is typed.
"use strict";

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
