// Says before anything is sent when the files of a form are more than one request may carry: what is
// larger never reaches the shop, and AWS would answer with a page of its own.
"use strict";

function limitOf(form) {
  return form?.querySelector?.("input[type=file][data-most-bytes]")?.dataset;
}

function sizeOf(form) {
  const inputs = form.querySelectorAll("input[type=file]");
  return [...inputs].flatMap((input) => [...input.files]).reduce((sum, file) => sum + file.size, 0);
}

// The office wraps its inputs in boxes which cut off, or lay aside, what is put beside the input.
function isBox({ display, overflow, position }) {
  return display === "flex" || overflow === "hidden" || position === "absolute";
}

function controlOf(input) {
  let control = input;
  while (isBox(getComputedStyle(control.parentElement))) control = control.parentElement;
  return control;
}

function judge(form, chosen) {
  const limit = limitOf(form);
  if (!limit) return true;
  form.querySelector("[data-upload-refusal]")?.remove();
  if (sizeOf(form) <= Number(limit.mostBytes)) return true;
  const refusal = document.createElement("p");
  refusal.className = "errorlist mt-2 text-red-600 text-xs dark:text-red-500";
  refusal.setAttribute("role", "alert");
  refusal.dataset.uploadRefusal = "";
  refusal.textContent = limit.tooLarge;
  controlOf(chosen).after(refusal);
  return false;
}

document.addEventListener("change", ({ target }) => {
  if (target.type === "file") judge(target.form, target);
});

document.addEventListener("submit", (event) => {
  const inputs = [...event.target.querySelectorAll("input[type=file]")];
  const chosen = inputs.find((input) => input.files.length > 0);
  if (!chosen || judge(event.target, chosen)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  chosen.focus();
}, true);
