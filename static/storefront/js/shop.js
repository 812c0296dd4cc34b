// On every page: the number of pieces in the cart, and the focus on what went wrong.
"use strict";

const showCount = () => {
  const found = document.cookie.match(/(?:^|; )cart_count=(\d+)/);
  const count = found ? Number(found[1]) : 0;
  for (const badge of document.querySelectorAll("[data-cart-count]")) {
    badge.textContent = count > 99 ? "99+" : String(count);
    badge.hidden = count === 0;
  }
};

const showProblems = () => document.getElementById("problems")?.focus();

showCount();
showProblems();
window.addEventListener("pageshow", showCount);
document.addEventListener("htmx:afterRequest", showCount);
document.addEventListener("htmx:afterSettle", showProblems);
