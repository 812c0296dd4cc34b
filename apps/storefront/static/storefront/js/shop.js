// On every page: the number of pieces in the cart, names for additions, and the focus on what went wrong.
"use strict";

const showCount = () => {
  const found = document.cookie.match(/(?:^|; )cart_count=(\d+)/);
  const count = found ? Number(found[1]) : 0;
  for (const badge of document.querySelectorAll("[data-cart-count]")) {
    badge.textContent = count > 99 ? "99+" : String(count);
    badge.hidden = count === 0;
  }
};

// Times leave the shop in the seller's zone; a clock on the wall shows the visitor's own.
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

// A form that adds says which time it is: pressed twice, or sent again after a lost answer, it adds once.
const nameAddition = (input) => {
  const random = crypto.getRandomValues(new Uint8Array(16));
  input.value = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
};
const nameAdditions = () => document.querySelectorAll("[data-once]").forEach(nameAddition);

// Whoever would read the shop better in another market or language is offered it; once a visit is enough.
const offerElsewhere = async () => {
  const place = document.querySelector("[data-elsewhere]");
  if (!place || sessionStorage.getItem("stays")) return;
  const next = encodeURIComponent(location.pathname + location.search);
  const answer = await fetch(`${place.dataset.elsewhere}?next=${next}`).catch(() => null);
  if (!answer?.ok) return;
  if (answer.status === 204) {
    sessionStorage.setItem("stays", "1");
    return;
  }
  place.innerHTML = await answer.text();
  place.querySelector("[data-stay]").addEventListener("click", () => {
    sessionStorage.setItem("stays", "1");
    place.replaceChildren();
  });
};

// An open menu closes when the keyboard or a click goes elsewhere.
const closeMenus = (event) => {
  for (const menu of document.querySelectorAll("details[data-closes][open]")) {
    const isKey = event.key === "Escape";
    if (isKey || (!event.key && !menu.contains(event.target))) menu.open = false;
    if (isKey) menu.querySelector("summary").focus();
  }
};

const showProblems = () => document.getElementById("problems")?.focus();

showCount();
setClocks();
showProblems();
offerElsewhere();
document.addEventListener("click", closeMenus);
document.addEventListener("keydown", closeMenus);
// Also when the way back leads to a page that was kept.
window.addEventListener("pageshow", () => {
  showCount();
  nameAdditions();
});
document.addEventListener("change", (event) => {
  event.target.form?.querySelectorAll("[data-once]").forEach(nameAddition);
});
document.addEventListener("htmx:afterRequest", showCount);
document.addEventListener("htmx:afterSettle", () => {
  setClocks();
  showProblems();
  nameAdditions();
});
