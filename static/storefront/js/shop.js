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

// Times leave the shop in UTC; a clock on the wall shows the visitor's own.
const setClocks = () => {
  for (const time of document.querySelectorAll("time[data-clock]")) {
    const second = time.dataset.clock === "seconds" ? "2-digit" : undefined;
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.textContent = moment.toLocaleTimeString(document.documentElement.lang, {
      hour: "2-digit", minute: "2-digit", second, hour12: false,
    });
  }
};

const showProblems = () => document.getElementById("problems")?.focus();

showCount();
setClocks();
showProblems();
window.addEventListener("pageshow", showCount);
document.addEventListener("htmx:afterRequest", showCount);
document.addEventListener("htmx:afterSettle", () => {
  setClocks();
  showProblems();
});
