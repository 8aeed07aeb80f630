// Nodes are made here and nowhere else from strings, and strings only ever
// become text, never markup.

const SVG = "http://www.w3.org/2000/svg";

// Attributes that h may set. Anything that could hold a script or load a file
// from elsewhere has to be set by the module that checks it.
const ATTRIBUTES = new Set([
  "class", "id", "type", "title", "role", "for", "name", "value", "placeholder", "rows", "tabindex", "hidden", "open", "disabled",
  "checked", "selected", "multiple", "accept", "alt", "label", "lang", "dir", "scope", "colspan", "start", "min", "max", "step",
  "autocomplete", "spellcheck", "inputmode", "controls", "preload", "download", "maxlength", "readonly", "datetime",
]);

// h makes an element. Properties that start with "on" are listeners; true and
// false set and leave out an attribute; children are nodes, strings, or lists.
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (ATTRIBUTES.has(name) || name.startsWith("aria-") || name.startsWith("data-")) node.setAttribute(name, value === true ? "" : value);
    else throw new Error(`h: no attribute ${name}`);
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(node, child);
    else if (child !== undefined && child !== null && child !== false) node.append(child);
  }
}

// $ finds an element by its id; that it is missing is a mistake in the page.
export function $(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`no element #${id}`);
  return node;
}

const ICONS = {
  send: "M12 19V5M5 12l7-7 7 7",
  stop: "M7 7h10v10H7z",
  copy: "M9 9h10v10H9zM5 15V5h10",
  check: "M5 12.5l4.5 4.5L19 7.5",
  retry: "M4 12a8 8 0 1 0 2.6-5.9M4 4v5h5",
  close: "M6 6l12 12M18 6L6 18",
  clip: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.4a1.7 1.7 0 0 1-2.4-2.4l7.9-7.8",
  wrench: "M14.5 6.5a4 4 0 0 0-5.3 5L4 16.7a2.3 2.3 0 0 0 3.3 3.3l5.2-5.2a4 4 0 0 0 5-5.3L15 12l-3-3z",
  braces: "M9 4c-3 0-3 2-3 4s0 4-2 4c2 0 2 2 2 4s0 4 3 4M15 4c3 0 3 2 3 4s0 4 2 4c-2 0-2 2-2 4s0 4-3 4",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01",
  spark: "M12 3l2 6.5L20.5 12 14 14.5 12 21l-2-6.5L3.5 12 10 9.5z",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  warn: "M12 4l9 16H3zM12 10v4M12 17h.01",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  sound: "M4 10v4h4l5 4V6l-5 4zM16.5 9a4 4 0 0 1 0 6",
};

// icon draws one of the line icons, for the eye only.
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

// copyButton copies what text() gives at the moment of the click.
export function copyButton(text, label = "Copy") {
  const button = h("button", { type: "button", class: "quiet", title: label, "aria-label": label }, icon("copy"));
  button.addEventListener("click", async () => {
    const ok = await copy(text());
    button.replaceChildren(icon(ok ? "check" : "warn"));
    announce(ok ? "Copied" : "The browser did not allow copying");
    setTimeout(() => button.replaceChildren(icon("copy")), 1200);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https there is no clipboard but the old one.
    const area = h("textarea", { class: "offscreen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const ok = document.execCommand("copy");
    area.remove();
    return ok;
  }
}

// announce tells users of screen readers what others see.
export function announce(text) {
  $("announcer").textContent = text;
}

// tabs makes a row of buttons with role tab work by click and arrow keys. The
// panels are named by aria-controls.
export function tabs(list, onchange) {
  const all = [...list.querySelectorAll("[role=tab]")];
  const select = (tab, focus) => {
    for (const t of all) {
      const on = t === tab;
      t.setAttribute("aria-selected", String(on));
      t.tabIndex = on ? 0 : -1;
      $(t.getAttribute("aria-controls")).hidden = !on;
    }
    if (focus) tab.focus();
    onchange?.(tab.dataset.name);
  };
  for (const [i, tab] of all.entries()) {
    tab.addEventListener("click", () => select(tab, false));
    tab.addEventListener("keydown", (event) => {
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: all.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      select(all[(to + all.length) % all.length], true);
    });
  }
  return (name) => select(all.find((t) => t.dataset.name === name) ?? all[0], false);
}

// follow keeps a scrolling element at its end, unless its reader has scrolled up.
export function follow(scroller) {
  let stuck = true;
  scroller.addEventListener("scroll", () => {
    stuck = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  });
  return (force = false) => {
    if (force) stuck = true;
    if (stuck) scroller.scrollTop = scroller.scrollHeight;
  };
}
