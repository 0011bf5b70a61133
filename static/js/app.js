// Makes pages faster to use; every link and form works without it.
// Keeps nothing of a decision in the browser: the only thing stored is whether single-key shortcuts are on.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  const live = one("#live");
  const say = (text) => {
    if (!live) return;
    live.textContent = "";
    requestAnimationFrame(() => { live.textContent = text; });
  };

  // Theme. The server reads the cookie and prints data-theme, so the next page has no flash.
  one("#theme")?.addEventListener("click", () => {
    const root = document.documentElement;
    const system = matchMedia("(prefers-color-scheme:dark)").matches ? "dark" : "light";
    const next = (root.dataset.theme || system) === "dark" ? "light" : "dark";
    root.dataset.theme = next;
    document.cookie = `theme=${next};path=/;max-age=31536000;samesite=lax`;
    say(next === "dark" ? live.dataset.dark : live.dataset.light);
  });

  // Copy buttons.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy],[data-copy-from]");
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    try {
      const { copy, copyFrom } = button.dataset;
      await navigator.clipboard.writeText(copy ?? one(`#${copyFrom}`).textContent);
      button.classList.add("done");
      say(live.dataset.copied);
      setTimeout(() => button.classList.remove("done"), 1500);
    } catch {
      say(live.dataset.notCopied);
    }
  });

  // Menus close on Escape and on a click elsewhere.
  const menus = () => all("details.menu[open]");
  document.addEventListener("click", (event) => {
    menus().filter((menu) => !menu.contains(event.target)).forEach((menu) => { menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menus().forEach((menu) => { menu.open = false; one("summary", menu).focus(); });
  });

  // A fragment that came by htmx takes the focus where it asks for it, a form at its first field.
  const FIELD = "form[data-main] :is(input:not([type=hidden]),textarea,select)";
  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    const field = one("[data-focus]", part) || one(FIELD, part);
    if (field) field.focus();
    else if (document.activeElement === document.body) part.closest("#list,#verdict")?.focus({ preventScroll: true });
  });
  one("[data-focus]")?.focus();

  // A session that ended, or a server that cannot be reached, leaves the page and its words as they are.
  const trouble = (name) => {
    all("[data-trouble]").forEach((note) => { note.hidden = note.dataset.trouble !== name; });
    if (name) one(`[data-trouble="${name}"]`)?.focus();
  };
  document.addEventListener("htmx:responseError", (event) => trouble(event.detail.xhr.status === 401 ? "signed-out" : "server"));
  document.addEventListener("htmx:sendError", () => trouble("network"));
  document.addEventListener("htmx:beforeRequest", () => trouble(null));

  // Signing in again in another tab changes the token; take the one that counts now.
  document.addEventListener("htmx:configRequest", (event) => {
    const token = /(?:^|; )loopgrid_csrf=([^;]+)/.exec(document.cookie)?.[1];
    if (token && event.detail.verb !== "get") event.detail.parameters.csrfmiddlewaretoken = token;
  });

  // A form that appends is sent once, even by a double click; the server refuses a second copy anyway.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) return event.preventDefault();
    if (form.method === "post") form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));
  document.addEventListener("htmx:afterRequest", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // Warn before unsent words are lost.
  let dirty = false;
  document.addEventListener("input", (event) => { dirty ||= Boolean(event.target.closest("form[data-main]")); });
  document.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  // Rows of a list: the whole row opens, J and K move.
  const rows = () => all(".tbl tbody tr.go");
  const chosen = () => rows().findIndex((row) => row.getAttribute("aria-selected") === "true");
  const choose = (index) => {
    const list = rows();
    if (!list[index]) return;
    list.forEach((row, at) => row.setAttribute("aria-selected", String(at === index)));
    list[index].scrollIntoView({ block: "nearest" });
    one(".d a", list[index]).focus({ preventScroll: true });
  };
  document.addEventListener("click", (event) => {
    const row = event.target.closest(".tbl tbody tr.go");
    if (!row || event.target.closest("a,button,input") || String(getSelection())) return;
    one(".d a", row).click();
  });

  // Single keys (WCAG 2.1.4): silent while typing, in dialogs and with a modifier, and they can be switched off.
  const help = one("#help");
  const box = one("#keys-on");
  let keysOn = localStorage.getItem("keys") !== "off";
  if (box) {
    box.checked = keysOn;
    box.addEventListener("change", () => {
      keysOn = box.checked;
      localStorage.setItem("keys", keysOn ? "on" : "off");
    });
  }
  all("[data-help]").forEach((button) => button.addEventListener("click", () => help.showModal()));

  let went = 0;
  const press = (target) => {
    if (target.matches("input:not([type=checkbox],[type=radio]),select,textarea")) target.focus();
    else target.click();
  };
  const keyed = (name, key) => one(`[${name}="${CSS.escape(key)}"]`);
  const moves = { j: 1, k: -1 };
  const named = {
    "?": () => help?.showModal(),
    "/": () => { const field = one(".search input"); field?.focus(); field?.select(); },
    g: () => { went = Date.now(); },
  };
  const single = (key) => {
    if (Date.now() - went < 1200) {
      went = 0;
      const target = keyed("data-go", key);
      if (target) return () => target.click();
    }
    if (named[key]) return named[key];
    if (moves[key] && rows().length) return () => choose(chosen() + moves[key]);
    const target = keyed("data-key", key);
    return target && (() => press(target));
  };
  addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=checkbox],[type=radio]),textarea,select");
    const chord = event.ctrlKey || event.metaKey;
    if (chord && event.key === "Enter") {
      const form = event.target.closest("form[data-main]") || one("form[data-main]");
      if (form) { event.preventDefault(); form.requestSubmit(); }
      return;
    }
    if (typing) { if (event.key === "Escape") event.target.blur(); return; }
    if (!keysOn || chord || event.altKey || help?.open) return;
    const act = single(event.key.length === 1 ? event.key.toLowerCase() : event.key);
    if (act) { event.preventDefault(); act(); }
  });
})();
